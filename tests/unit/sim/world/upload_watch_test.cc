#include "tests/sim/world/upload_watch.h"

#include <gtest/gtest.h>

namespace shoal::sim {
namespace {

TimePoint At(std::int64_t ms) { return TimePoint(Milliseconds(ms)); }

TEST(UploadWatch, SumsUpTheLastSecond) {
  UploadWatch watch;
  watch.SetCap(3, 100'000);
  EXPECT_NEAR(watch.Sent(3, 50'000, At(0)), -0.5, 1e-9);
  EXPECT_NEAR(watch.Sent(3, 50'000, At(500)), 0, 1e-9);
  EXPECT_NEAR(watch.Sent(3, 10'000, At(999)), 0.1, 1e-9);
  EXPECT_NEAR(watch.Sent(3, 10'000, At(1000)), -0.3, 1e-9) << "the first is over a second old";
  EXPECT_NEAR(watch.Sent(3, 10'000, At(60'000)), -0.9, 1e-9);
}

TEST(UploadWatch, ForbidsAllToThoseWithACapOfNothing) {
  UploadWatch watch;
  watch.SetCap(3, 0);
  EXPECT_EQ(watch.Sent(3, 1, At(0)), UploadWatch::kForbidden);
  EXPECT_EQ(watch.Sent(4, 1'000'000, At(0)), -1) << "no cap";
}

}  // namespace
}  // namespace shoal::sim
