#include "tracker/membership/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "tests/unit/tracker/membership/members.h"
#include "tracker/membership/announce_interval.h"

namespace shoal::membership {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr MembershipConfig kSmall = {
    .max_members_per_swarm = 3, .max_swarms = 2, .max_members = 5, .placement_seed = 1};

class MembershipTest : public ::testing::Test {
 protected:
  absl::StatusOr<AnnounceResult> TryAnnounce(const Member& member,
                                             std::vector<SwarmAnnounce> swarms) {
    return membership_.Announce({.member = member, .swarms = std::move(swarms)}, now_);
  }

  // One call for one swarm that must succeed.
  AnnounceResult Announce(std::uint32_t member, std::uint32_t swarm,
                          AnnounceEvent event = AnnounceEvent::kRefresh) {
    absl::StatusOr<AnnounceResult> result =
        TryAnnounce(StrongMember(member), {{SwarmOf(swarm), event}});
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }

  // All whose time is up.
  std::size_t Expire() { return membership_.Expire(now_, membership_.places()); }

  std::size_t SizeOf(std::uint32_t swarm) const {
    const Swarm* found = membership_.Find(SwarmOf(swarm));
    return found == nullptr ? 0 : found->size();
  }

  TimePoint now_{Seconds(1000)};
  Membership membership_{kSmall, Random(5)};
};

TEST_F(MembershipTest, JoinsOnStartAndOnRefresh) {
  Announce(1, 1, AnnounceEvent::kStarted);
  const AnnounceResult result = Announce(2, 1, AnnounceEvent::kRefresh);
  ASSERT_THAT(result.handouts, SizeIs(1));
  EXPECT_EQ(result.handouts[0].swarm_size, 2u);
  EXPECT_THAT(Unpacked(result.handouts[0].handout.added), ElementsAre(StrongMember(1)));
  EXPECT_EQ(membership_.figures().joins, 2u);
}

TEST_F(MembershipTest, AnswersSwarmsInTheOrderOfTheCall) {
  Announce(1, 1);
  const absl::StatusOr<AnnounceResult> result =
      TryAnnounce(StrongMember(2), {{SwarmOf(2), {}}, {SwarmOf(1), {}}});
  ASSERT_TRUE(result.ok());
  ASSERT_THAT(result->handouts, SizeIs(2));
  EXPECT_EQ(result->handouts[0].swarm_size, 1u);
  EXPECT_EQ(result->handouts[1].swarm_size, 2u);
}

TEST_F(MembershipTest, LeavesOnStop) {
  Announce(1, 1);
  Announce(2, 1);
  const AnnounceResult result = Announce(1, 1, AnnounceEvent::kStopped);
  EXPECT_EQ(result.handouts[0].swarm_size, 1u);
  EXPECT_THAT(result.handouts[0].handout.added, IsEmpty());
  EXPECT_THAT(Announce(2, 1).handouts[0].handout.added, IsEmpty());
  EXPECT_EQ(membership_.figures().leaves, 1u);
}

TEST_F(MembershipTest, StoppingWhatNeverJoinedChangesNothing) {
  EXPECT_EQ(Announce(1, 1, AnnounceEvent::kStopped).handouts[0].swarm_size, 0u);
  EXPECT_EQ(membership_.figures().leaves, 0u);
  EXPECT_EQ(membership_.figures().swarms, 0u);
}

TEST_F(MembershipTest, NobodyIsStoppedFromAnotherAddress) {
  Announce(1, 1);
  Member other = StrongMember(2);
  other.id = Peer(1);
  ASSERT_TRUE(TryAnnounce(other, {{SwarmOf(1), AnnounceEvent::kStopped}}).ok());
  EXPECT_EQ(SizeOf(1), 1u);
}

TEST_F(MembershipTest, ASwarmEndsWithItsLastMember) {
  Announce(1, 1);
  Announce(1, 1, AnnounceEvent::kStopped);
  EXPECT_EQ(membership_.Find(SwarmOf(1)), nullptr);
  EXPECT_EQ(membership_.figures().swarms, 0u);
}

TEST_F(MembershipTest, RefreshingIsNotJoiningAgain) {
  Announce(1, 1, AnnounceEvent::kStarted);
  Announce(1, 1, AnnounceEvent::kStarted);
  EXPECT_EQ(membership_.figures().joins, 1u);
  EXPECT_EQ(SizeOf(1), 1u);
}

TEST_F(MembershipTest, ExpiresBetweenTwoAndTwoAndAHalfIntervals) {
  const Duration interval = Announce(1, 1).interval;
  now_ += 2 * interval;
  EXPECT_EQ(Expire(), 0u);
  now_ += interval / 2;
  EXPECT_EQ(Expire(), 1u);
  EXPECT_EQ(SizeOf(1), 0u);
  EXPECT_EQ(membership_.figures().expirations, 1u);
  EXPECT_EQ(membership_.figures().leaves, 0u);
}

TEST_F(MembershipTest, ARefreshPutsExpiryOff) {
  const Duration interval = Announce(1, 1).interval;
  now_ += 2 * interval;
  Announce(1, 1);
  now_ += interval / 2;
  EXPECT_EQ(Expire(), 0u);
}

TEST_F(MembershipTest, LooksAtNoMorePlacesThanAskedAndGoesOnFromThere) {
  Membership membership({.placement_seed = 1}, Random(1));
  for (std::uint32_t i = 0; i < 3000; ++i) {
    ASSERT_TRUE(
        membership.Announce({.member = StrongMember(i), .swarms = {{.swarm = SwarmOf(1)}}}, now_)
            .ok());
  }
  now_ += Seconds(1000);
  std::size_t removed = 0;
  for (std::size_t looked_at = 0; looked_at < membership.places(); looked_at += 100) {
    const std::size_t some = membership.Expire(now_, 100);
    ASSERT_LE(some, 100u);
    removed += some;
  }
  EXPECT_EQ(removed, 3000u);
  EXPECT_EQ(membership.figures().swarms, 0u);
}

TEST_F(MembershipTest, TakesMembersOfASwarmUpToTheLimit) {
  for (std::uint32_t i = 1; i <= 3; ++i) Announce(i, 1);
  const auto refused = TryAnnounce(StrongMember(4), {{SwarmOf(1), {}}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().message(), HasSubstr("is full with 3 members"));
  EXPECT_EQ(SizeOf(1), 3u);
}

TEST_F(MembershipTest, MembersOfAFullSwarmMayRefreshAndLeave) {
  for (std::uint32_t i = 1; i <= 3; ++i) Announce(i, 1);
  Announce(2, 1);
  Announce(3, 1, AnnounceEvent::kStopped);
  Announce(4, 1);
}

TEST_F(MembershipTest, TakesSwarmsUpToTheLimit) {
  Announce(1, 1);
  Announce(1, 2);
  const auto refused = TryAnnounce(StrongMember(1), {{SwarmOf(3), {}}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().message(), HasSubstr("no room for another swarm beside 2"));
}

TEST_F(MembershipTest, TakesMembersInAllUpToTheLimit) {
  for (std::uint32_t i = 1; i <= 3; ++i) Announce(i, 1);
  for (std::uint32_t i = 1; i <= 2; ++i) Announce(i, 2);
  const auto refused = TryAnnounce(StrongMember(3), {{SwarmOf(2), {}}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().message(), HasSubstr("no room for another member beside 5"));
}

TEST_F(MembershipTest, ARefusedCallIsNotCarriedOutInPart) {
  for (std::uint32_t i = 1; i <= 3; ++i) Announce(i, 1);
  EXPECT_FALSE(TryAnnounce(StrongMember(4), {{SwarmOf(2), {}}, {SwarmOf(1), {}}}).ok());
  EXPECT_EQ(membership_.Find(SwarmOf(2)), nullptr);
  EXPECT_EQ(membership_.figures().joins, 3u);
}

TEST_F(MembershipTest, ListsTheLargestSwarmsInPages) {
  Membership membership({.placement_seed = 1}, Random(1));
  for (auto [swarm, size] : {std::pair{1, 2}, {2, 5}, {3, 2}, {4, 1}}) {
    for (int i = 0; i < size; ++i) {
      ASSERT_TRUE(membership
                      .Announce({.member = StrongMember(static_cast<std::uint32_t>(i)),
                                 .swarms = {{.swarm = SwarmOf(static_cast<std::uint32_t>(swarm))}}},
                                now_)
                      .ok());
    }
  }
  const SwarmSize second{SwarmOf(1), 2};
  EXPECT_THAT(membership.LargestSwarms(std::nullopt, 2),
              ElementsAre(SwarmSize{SwarmOf(2), 5}, second));
  EXPECT_THAT(membership.LargestSwarms(second, 10),
              ElementsAre(SwarmSize{SwarmOf(3), 2}, SwarmSize{SwarmOf(4), 1}));
}

TEST_F(MembershipTest, TheIntervalGrowsWithTheMembers) {
  Membership membership({.announces_per_second = 0.1, .placement_seed = 1}, Random(1));
  for (std::uint32_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(
        membership.Announce({.member = StrongMember(i), .swarms = {{.swarm = SwarmOf(1)}}}, now_)
            .ok());
  }
  EXPECT_EQ(membership.announce_interval(), Seconds(100));
}

TEST_F(MembershipTest, SameCallsAndSeedGiveTheSameAnswers) {
  std::vector<std::vector<Duration>> intervals(2);
  std::vector<std::vector<PeerId>> handouts(2);
  for (int run = 0; run < 2; ++run) {
    Membership membership({.placement_seed = 3}, Random(9));
    for (std::uint32_t i = 0; i < 200; ++i) {
      const auto result = membership.Announce(
          {.member = StrongMember(i, 1), .swarms = {{.swarm = SwarmOf(1)}}}, now_);
      intervals[run].push_back(result->interval);
      for (const Member& member : Unpacked(result->handouts[0].handout.added)) {
        handouts[run].push_back(member.id);
      }
    }
  }
  EXPECT_EQ(intervals[0], intervals[1]);
  EXPECT_EQ(handouts[0], handouts[1]);
}

TEST_F(MembershipTest, SaysWhereNobodyHasTriedToDialTheCaller) {
  EXPECT_THAT(Announce(1, 1).untried, ElementsAre(SwarmOf(1)));
  EXPECT_THAT(Announce(1, 1).untried, IsEmpty());
  Member moved = StrongMember(1);
  moved.endpoint.port = 9;
  EXPECT_THAT(TryAnnounce(moved, {{SwarmOf(1), {}}})->untried, ElementsAre(SwarmOf(1)));
  moved.upload_class = 3;
  EXPECT_THAT(TryAnnounce(moved, {{SwarmOf(1), {}}})->untried, IsEmpty());
  EXPECT_THAT(TryAnnounce(WeakMember(2), {{SwarmOf(1), {}}})->untried, IsEmpty());
}

TEST_F(MembershipTest, WhatADialHasShownStaysWhileTheEndpointDoes) {
  const auto can_be_dialled = [this] {
    return membership_.Find(SwarmOf(1))->Find(Peer(1))->member.can_be_dialled;
  };
  const Member member = StrongMember(1);
  Announce(1, 1);
  membership_.NoteDialled(SwarmOf(1), member.id, {member.endpoint.address, 9}, false, now_);
  EXPECT_TRUE(can_be_dialled());  // that was elsewhere
  membership_.NoteDialled(SwarmOf(1), member.id, member.endpoint, false, now_);
  EXPECT_FALSE(can_be_dialled());
  Announce(1, 1);
  EXPECT_FALSE(can_be_dialled());
  Member changed = member;
  changed.upload_class = 3;
  ASSERT_TRUE(TryAnnounce(changed, {{SwarmOf(1), {}}}).ok());
  EXPECT_FALSE(can_be_dialled());
  changed.endpoint.port = 9;
  ASSERT_TRUE(TryAnnounce(changed, {{SwarmOf(1), {}}}).ok());
  EXPECT_TRUE(can_be_dialled());
  EXPECT_EQ(SizeOf(1), 1u);
}

TEST_F(MembershipTest, ADialOfSomebodyWhoHasLeftChangesNothing) {
  Announce(1, 1);
  Announce(2, 1);
  Announce(1, 1, AnnounceEvent::kStopped);
  membership_.NoteDialled(SwarmOf(1), Peer(1), StrongMember(1).endpoint, false, now_);
  membership_.NoteDialled(SwarmOf(2), Peer(1), StrongMember(1).endpoint, false, now_);
  EXPECT_EQ(SizeOf(1), 1u);
}

// Keeps what a store would.
class FakeJournal : public MembershipJournal {
 public:
  void Put(const MemberRecord& record) override {
    ++puts_;
    records_[{record.swarm, record.member.id}] = record;
  }
  void Remove(const SwarmId& swarm, const PeerId& peer) override { records_.erase({swarm, peer}); }

  int puts_ = 0;
  std::map<std::pair<SwarmId, PeerId>, MemberRecord> records_;
};

TEST_F(MembershipTest, TheJournalHearsOfEveryChange) {
  FakeJournal journal;
  membership_.set_journal(&journal);
  Announce(1, 1);
  const Duration interval = Announce(2, 1).interval;
  EXPECT_THAT(journal.records_, SizeIs(2));
  const TimePoint told = journal.records_[{SwarmOf(1), Peer(2)}].expires;
  EXPECT_GE(told, now_ + ExpiryAfter(interval));
  EXPECT_LT(told, now_ + ExpiryAfter(interval) + Milliseconds(100));
  Announce(1, 1, AnnounceEvent::kStopped);
  EXPECT_THAT(journal.records_, SizeIs(1));
  now_ += Seconds(1000);
  Expire();
  EXPECT_THAT(journal.records_, IsEmpty());
}

TEST_F(MembershipTest, RestoresWhatTheJournalHeard) {
  FakeJournal journal;
  membership_.set_journal(&journal);
  Announce(1, 1);
  Announce(2, 1);
  Membership restored(kSmall, Random(6));
  for (const auto& [key, record] : journal.records_) EXPECT_TRUE(restored.Restore(record, now_));
  EXPECT_EQ(restored.Find(SwarmOf(1))->size(), 2u);
  EXPECT_EQ(restored.figures().joins, 0u);
  EXPECT_EQ(*restored.Find(SwarmOf(1))->Find(Peer(1)), (journal.records_[{SwarmOf(1), Peer(1)}]));
}

TEST_F(MembershipTest, TheJournalHearsOfChangesButNotOfMereRefreshes) {
  FakeJournal journal;
  membership_.set_journal(&journal);
  Announce(1, 1);
  now_ += Seconds(15);
  Announce(1, 1);
  EXPECT_EQ(journal.puts_, 1);
  Member changed = StrongMember(1);
  changed.upload_class = 5;
  ASSERT_TRUE(TryAnnounce(changed, {{SwarmOf(1), AnnounceEvent::kRefresh}}).ok());
  EXPECT_EQ(journal.puts_, 2);
  EXPECT_EQ((journal.records_[{SwarmOf(1), Peer(1)}].member), changed);
}

TEST_F(MembershipTest, RestoringLeavesWhoHasAnnouncedItselfSince) {
  Announce(1, 1);
  const MemberRecord known = *membership_.Find(SwarmOf(1))->Find(Peer(1));
  MemberRecord older = known;
  older.member.endpoint.port = 1;
  older.expires = now_ + Seconds(1);
  EXPECT_TRUE(membership_.Restore(older, now_));
  EXPECT_EQ(*membership_.Find(SwarmOf(1))->Find(Peer(1)), known);
}

TEST_F(MembershipTest, RestoresNeitherTheExpiredNorMoreThanTheLimit) {
  const auto record = [&](std::uint32_t peer, Duration left) {
    return MemberRecord{SwarmOf(1), StrongMember(peer), now_, now_ + left};
  };
  EXPECT_FALSE(membership_.Restore(record(1, Duration()), now_));
  for (std::uint32_t i = 1; i <= 3; ++i)
    EXPECT_TRUE(membership_.Restore(record(i, Seconds(1)), now_));
  EXPECT_FALSE(membership_.Restore(record(4, Seconds(1)), now_));
  EXPECT_EQ(SizeOf(1), 3u);
}

}  // namespace
}  // namespace shoal::membership
