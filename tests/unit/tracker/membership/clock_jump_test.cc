// What becomes of members when the clock that their times are told by jumps. It should not, but
// machines sleep, are moved while they run, and have faults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/tracker/membership/members.h"
#include "tracker/membership/announce_interval.h"
#include "tracker/membership/membership.h"

namespace shoal::membership {
namespace {

using ::testing::IsEmpty;

constexpr std::uint32_t kMembers = 500;

class ClockJumpTest : public ::testing::Test {
 protected:
  AnnounceResult Announce(std::uint32_t member, absl::string_view cookie = {}) {
    absl::StatusOr<AnnounceResult> result = membership_.Announce(
        {.member = StrongMember(member), .swarms = {{.swarm = SwarmOf(1), .cookie = cookie}}},
        now_);
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }

  void AnnounceAll() {
    for (std::uint32_t i = 0; i < kMembers; ++i) Announce(i);
  }

  std::size_t Expire() { return membership_.Expire(now_, membership_.places()); }

  std::size_t size() const {
    const Swarm* swarm = membership_.Find(SwarmOf(1));
    return swarm == nullptr ? 0 : swarm->size();
  }

  TimePoint now_{Seconds(5'000'000)};
  Membership membership_{{.placement_seed = 1}, Random(5)};
};

TEST_F(ClockJumpTest, AfterAJumpAheadAllExpireAndWhoCallsIsBack) {
  AnnounceAll();
  const std::string cookie = Announce(1).handouts[0].cookie;
  now_ += Seconds(30 * 86'400);
  EXPECT_EQ(Expire(), kMembers);
  EXPECT_EQ(membership_.figures().swarms, 0u);
  const AnnounceResult back = Announce(1, cookie);
  EXPECT_TRUE(back.handouts[0].handout.full);
  EXPECT_THAT(back.handouts[0].handout.added, IsEmpty());
  Announce(2);
  EXPECT_EQ(size(), 2u);
  EXPECT_EQ(Expire(), 0u);
}

TEST_F(ClockJumpTest, AfterAJumpAheadThoseNotLookedAtYetAreStillHandedOutAndMayRefresh) {
  AnnounceAll();
  now_ += Seconds(3600);
  const AnnounceResult result = Announce(7);
  EXPECT_EQ(result.handouts[0].swarm_size, kMembers);
  EXPECT_EQ(Expire(), kMembers - 1);
  EXPECT_EQ(size(), 1u);
}

TEST_F(ClockJumpTest, AfterAJumpBackNobodyIsLostAndNobodyStaysForEver) {
  AnnounceAll();
  now_ -= Seconds(1'000'000);
  EXPECT_EQ(Expire(), 0u);
  const Duration interval = Announce(1).interval;
  EXPECT_EQ(size(), kMembers);
  // Who calls again goes by the new time, at once.
  now_ += Seconds(2.5 * ToSeconds(interval));
  EXPECT_EQ(Expire(), 1u);
  EXPECT_EQ(size(), kMembers - 1);
  // Who does not goes when it would have gone.
  now_ += Seconds(1'000'000) + kAnnounceIntervalMax;
  EXPECT_EQ(Expire(), kMembers - 1);
}

TEST_F(ClockJumpTest, ACookieOutlivesAJumpBack) {
  AnnounceAll();
  const std::string cookie = Announce(1).handouts[0].cookie;
  now_ -= Seconds(1000);
  const AnnounceResult result = Announce(1, cookie);
  EXPECT_FALSE(result.handouts[0].handout.full);
  EXPECT_THAT(result.handouts[0].handout.added, IsEmpty());
}

TEST_F(ClockJumpTest, WhoIsRestoredAfterAJumpBackHasJoinedInTheFuture) {
  const MemberRecord record{.swarm = SwarmOf(1),
                            .member = StrongMember(1),
                            .joined = now_ + Seconds(1'000'000),
                            .expires = now_ + Seconds(20)};
  EXPECT_TRUE(membership_.Restore(record, now_));
  EXPECT_EQ(membership_.Find(SwarmOf(1))->Describe().oldest_joined, record.joined);
  now_ += Seconds(20.1);
  EXPECT_EQ(Expire(), 1u);
}

}  // namespace
}  // namespace shoal::membership
