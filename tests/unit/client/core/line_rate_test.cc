#include "client/core/line_rate.h"

#include "gtest/gtest.h"

namespace shoal::core {
namespace {

constexpr std::uint32_t kChunk = 16 * 1024;

// Bytes come in trains of so many chunks, `gap` apart; between trains is a pause.
double Measured(int chunks, Duration gap, Duration pause) {
  LineRate line;
  TimePoint now{Seconds(10)};
  for (int train = 0; train < 50; ++train) {
    now += pause;
    line.Received(kChunk, now);
    for (int i = 1; i < chunks; ++i) {
      now += gap;
      line.Received(kChunk, now);
    }
  }
  return line.bytes_per_second();
}

TEST(LineRate, KnowsNothingAtFirst) { EXPECT_EQ(LineRate().bytes_per_second(), 0); }

TEST(LineRate, IsThatOfASteadyFlow) {
  EXPECT_NEAR(Measured(1000, Milliseconds(40), Milliseconds(40)), kChunk / 0.040, 1);
}

TEST(LineRate, LeavesOutThePausesOfWindows) {
  // Four chunks at line speed, then a wait for the acknowledgements.
  EXPECT_NEAR(Measured(4, Milliseconds(4), Milliseconds(300)), kChunk / 0.004, 1);
}

TEST(LineRate, SaysNothingOfALineThatAlwaysPauses) {
  EXPECT_EQ(Measured(1, Milliseconds(1), LineRate::kPause + Milliseconds(1)), 0);
}

TEST(LineRate, FollowsALineThatChanges) {
  LineRate line;
  TimePoint now{Seconds(10)};
  const auto flow = [&](Duration gap, Duration length) {
    for (const TimePoint end = now + length; now < end; now += gap) line.Received(kChunk, now);
  };
  flow(Milliseconds(2), Seconds(2));
  EXPECT_NEAR(line.bytes_per_second(), kChunk / 0.002, 1);
  flow(Milliseconds(50), Seconds(8));
  EXPECT_NEAR(line.bytes_per_second(), kChunk / 0.050, 0.02 * kChunk / 0.050);
}

}  // namespace
}  // namespace shoal::core
