#include "tests/sim/world/line.h"

#include <gtest/gtest.h>

namespace shoal::sim {
namespace {

TimePoint At(std::int64_t ms) { return TimePoint(Milliseconds(ms)); }

TEST(Line, TakesAsLongAsItsRateSays) {
  Line line(1'000'000);
  EXPECT_EQ(line.Enqueue(At(100), 50'000), At(150));
}

TEST(Line, SendsInOrderOfArrival) {
  Line line(1'000'000);
  EXPECT_EQ(line.Enqueue(At(0), 50'000), At(50));
  EXPECT_EQ(line.Enqueue(At(10), 20'000), At(70));
  EXPECT_EQ(line.Enqueue(At(200), 10'000), At(210)) << "idle in between";
}

TEST(Line, KeepsItsRateOverManySmallMessages) {
  Line line(3'333'333);
  TimePoint end;
  for (int i = 0; i < 100'000; ++i) end = line.Enqueue(At(0), 33);
  EXPECT_NEAR(ToSeconds(end.time_since_epoch()), 100'000 * 33 / 3'333'333.0, 0.001);
}

TEST(Line, AddsNothingToWhatComesSlowerThanItTakes) {
  Line line(1'000'000);
  EXPECT_EQ(line.Pass(At(100), 50'000), At(100));
}

TEST(Line, QueuesWhatComesFromSeveralAtOnce) {
  Line line(1'000'000);
  EXPECT_EQ(line.Pass(At(100), 50'000), At(100));
  EXPECT_EQ(line.Pass(At(100), 50'000), At(150));
  EXPECT_EQ(line.Pass(At(120), 30'000), At(180));
  EXPECT_EQ(line.Enqueue(At(130), 10'000), At(190)) << "behind what came from elsewhere";
}

}  // namespace
}  // namespace shoal::sim
