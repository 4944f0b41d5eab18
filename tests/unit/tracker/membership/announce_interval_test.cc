#include "tracker/membership/announce_interval.h"

#include <gtest/gtest.h>

#include <set>

namespace shoal::membership {
namespace {

TEST(AnnounceIntervalTest, MakesTheRateAskedFor) {
  EXPECT_EQ(AnnounceInterval(100'000, 1000), Seconds(100));
  EXPECT_EQ(AnnounceInterval(100'000, 500), Seconds(200));
}

TEST(AnnounceIntervalTest, StaysWithinItsBounds) {
  EXPECT_EQ(AnnounceInterval(0, 1000), kAnnounceIntervalMin);
  EXPECT_EQ(AnnounceInterval(15'000, 1000), kAnnounceIntervalMin);
  EXPECT_EQ(AnnounceInterval(900'001, 1000), kAnnounceIntervalMax);
  EXPECT_EQ(AnnounceInterval(1'000'000'000, 1e-9), kAnnounceIntervalMax);
}

class JitterTest : public ::testing::TestWithParam<double> {};

TEST_P(JitterTest, StaysWithinItsShareAndTheBounds) {
  Random random(7);
  const double seconds = GetParam();
  std::set<Duration> drawn;
  for (int i = 0; i < 10'000; ++i) {
    const Duration interval = WithJitter(Seconds(seconds), random);
    ASSERT_GE(interval, Seconds(seconds * 0.85));
    ASSERT_LE(interval, Seconds(seconds * 1.15));
    ASSERT_GE(interval, kAnnounceIntervalMin);
    ASSERT_LE(interval, kAnnounceIntervalMax);
    drawn.insert(interval);
  }
  EXPECT_GT(drawn.size(), 9'000u);  // spread, also where a bound cuts the jitter
}

INSTANTIATE_TEST_SUITE_P(AtAndBetweenTheBounds, JitterTest, ::testing::Values(15, 100, 900));

TEST(ExpiryTest, ComesBetweenTwoAndTwoAndAHalfIntervals) {
  for (const Duration interval : {kAnnounceIntervalMin, Seconds(77), kAnnounceIntervalMax}) {
    EXPECT_GE(ExpiryAfter(interval), 2 * interval);
    EXPECT_LE(ExpiryAfter(interval), interval * 5 / 2);
  }
}

}  // namespace
}  // namespace shoal::membership
