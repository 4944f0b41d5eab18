#include "client/core/poller.h"

#include "gtest/gtest.h"

namespace shoal::core {
namespace {

constexpr Duration kTarget = Seconds(4);

TimePoint At(double seconds) { return TimePoint(Seconds(seconds)); }

TEST(Poller, WaitsATargetDurationAfterNewsAndHalfOfItAfterNone) {
  Poller poller(At(0));
  poller.Loaded(true, kTarget, At(10));
  EXPECT_EQ(poller.Due(), At(10) + kTarget + Poller::kSlack);
  poller.Loaded(false, kTarget, At(20));
  EXPECT_EQ(poller.Due(), At(20) + kTarget / 2 + Poller::kSlack);
}

TEST(Poller, TriesAgainHalfATargetDurationAfterAFailure) {
  Poller poller(At(0));
  poller.Loaded(true, kTarget, At(10));
  poller.Polled(At(14));
  EXPECT_EQ(poller.Due(), std::nullopt);
  poller.Failed(At(15));
  EXPECT_EQ(poller.Due(), At(15) + kTarget / 2 + Poller::kSlack);
}

TEST(Poller, PollsAtOnceWhenAPeerKnowsMore) {
  Poller poller(At(0));
  poller.Loaded(true, kTarget, At(10));  // for a player, who comes again at 14
  poller.Grown();
  EXPECT_LE(*poller.Due(), At(10));
}

TEST(Poller, NeverPollsTwiceInATargetDurationBecauseOfPeers) {
  Poller poller(At(0));
  poller.Polled(At(10));
  poller.Loaded(true, kTarget, At(10.1));
  poller.Grown();
  EXPECT_EQ(poller.Due(), At(10) + kTarget);
}

TEST(Poller, ForgetsWhatPeersKnowOnceThePlaylistIsLoaded) {
  Poller poller(At(0));
  poller.Grown();
  poller.Loaded(true, kTarget, At(10));
  EXPECT_EQ(poller.Due(), At(10) + kTarget + Poller::kSlack);
}

}  // namespace
}  // namespace shoal::core
