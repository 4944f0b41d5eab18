#include "client/core/late_share.h"

#include <cmath>

#include "gtest/gtest.h"

namespace shoal::core {
namespace {

constexpr TimePoint kJoined{Seconds(100)};
constexpr TimePoint kLater = kJoined + LateShare::kIgnored;

TEST(LateShare, StartsAtNothing) { EXPECT_EQ(LateShare(kJoined).value(), 0); }

TEST(LateShare, MovesAQuarterOfTheWayWithEachSegment) {
  LateShare share(kJoined);
  for (int segments = 1; segments <= 10; ++segments) {
    share.SegmentDone(10, 5, kLater);
    EXPECT_NEAR(share.value(), 0.5 * (1 - std::pow(1 - LateShare::kGain, segments)), 1e-12);
  }
}

TEST(LateShare, IgnoresTheFirstTwoSeconds) {
  LateShare share(kJoined);
  share.SegmentDone(10, 10, kLater - Microseconds(1));
  EXPECT_EQ(share.value(), 0);
  share.SegmentDone(10, 10, kLater);
  EXPECT_EQ(share.value(), LateShare::kGain);
}

TEST(LateShare, IgnoresSegmentsWithoutPieces) {
  LateShare share(kJoined);
  share.SegmentDone(0, 0, kLater);
  EXPECT_EQ(share.value(), 0);
}

TEST(LateShare, NeverExceedsOne) {
  LateShare share(kJoined);
  for (int i = 0; i < 100; ++i) share.SegmentDone(1, 7, kLater);
  EXPECT_LE(share.value(), 1);
}

}  // namespace
}  // namespace shoal::core
