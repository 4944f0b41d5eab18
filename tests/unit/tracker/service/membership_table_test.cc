#include "tracker/service/membership_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/tracker/fake_clock.h"
#include "tests/unit/tracker/membership/members.h"
#include "tracker/membership/announce_interval.h"

namespace shoal::service {
namespace {

using membership::AnnounceEvent;
using membership::AnnounceResult;
using membership::MemberRecord;
using membership::MembershipConfig;
using membership::Peer;
using membership::StrongMember;
using membership::SwarmAnnounce;
using membership::SwarmOf;
using membership::SwarmSize;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Swarms that surely lie in several shards.
constexpr std::uint32_t kManySwarms = 200;

class MembershipTableTest : public ::testing::Test {
 protected:
  explicit MembershipTableTest(const MembershipConfig& config = {.placement_seed = 1})
      : table_(config, 1, clock_) {}

  absl::StatusOr<AnnounceResult> TryAnnounce(std::uint32_t member,
                                             std::vector<SwarmAnnounce> swarms) {
    return table_.Announce({.member = StrongMember(member), .swarms = std::move(swarms)});
  }

  AnnounceResult Announce(std::uint32_t member, std::vector<SwarmAnnounce> swarms) {
    absl::StatusOr<AnnounceResult> result = TryAnnounce(member, std::move(swarms));
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }

  static std::vector<SwarmAnnounce> SwarmsUpTo(std::uint32_t count, AnnounceEvent event = {}) {
    std::vector<SwarmAnnounce> swarms;
    for (std::uint32_t i = 0; i < count; ++i) swarms.push_back({SwarmOf(i), event});
    return swarms;
  }

  std::size_t SizeOf(std::uint32_t swarm) {
    std::size_t size = 0;
    table_.Read(SwarmOf(swarm), [&](const membership::Swarm* found, TimePoint) {
      size = found == nullptr ? 0 : found->size();
    });
    return size;
  }

  FakeClock clock_;
  MembershipTable table_;
};

TEST_F(MembershipTableTest, AnswersSwarmsInTheOrderOfTheCall) {
  for (std::uint32_t i = 0; i < kManySwarms; ++i) {
    for (std::uint32_t member = 0; member < i % 5; ++member) Announce(member, {{SwarmOf(i)}});
  }
  const AnnounceResult result = Announce(9, SwarmsUpTo(kManySwarms));
  ASSERT_THAT(result.handouts, SizeIs(kManySwarms));
  for (std::uint32_t i = 0; i < kManySwarms; ++i) {
    ASSERT_EQ(result.handouts[i].swarm_size, i % 5 + 1) << i;
  }
  EXPECT_THAT(result.untried, SizeIs(kManySwarms));
}

TEST_F(MembershipTableTest, ACallHasOneIntervalForAllItsSwarms) {
  const Duration interval = Announce(1, SwarmsUpTo(kManySwarms)).interval;
  EXPECT_GE(interval, membership::kAnnounceIntervalMin);
  clock_.Advance(2 * interval);
  EXPECT_EQ(table_.figures().members, kManySwarms);
  clock_.Advance(interval / 2);
  EXPECT_EQ(table_.figures().members, 0u);
  EXPECT_EQ(table_.figures().expirations, kManySwarms);
}

TEST_F(MembershipTableTest, ACallForNoSwarmLearnsTheInterval) {
  const AnnounceResult result = Announce(1, {});
  EXPECT_GE(result.interval, membership::kAnnounceIntervalMin);
  EXPECT_THAT(result.handouts, IsEmpty());
}

TEST_F(MembershipTableTest, CountsAllShards) {
  Announce(1, SwarmsUpTo(kManySwarms));
  Announce(2, SwarmsUpTo(kManySwarms));
  Announce(1, SwarmsUpTo(kManySwarms / 2, AnnounceEvent::kStopped));
  const membership::MembershipFigures figures = table_.figures();
  EXPECT_EQ(figures.swarms, kManySwarms);
  EXPECT_EQ(table_.swarms(), kManySwarms);
  EXPECT_EQ(figures.members, kManySwarms * 3 / 2);
  EXPECT_EQ(figures.joins, kManySwarms * 2);
  EXPECT_EQ(figures.leaves, kManySwarms / 2);
}

TEST_F(MembershipTableTest, ACookieOfOneSwarmMeansNothingToAnother) {
  for (std::uint32_t member = 1; member <= 3; ++member) Announce(member, SwarmsUpTo(kManySwarms));
  const AnnounceResult known = Announce(1, SwarmsUpTo(kManySwarms));
  for (std::uint32_t i = 0; i < kManySwarms; ++i) {
    const std::uint32_t other = (i + 1) % kManySwarms;
    const AnnounceResult own = Announce(1, {{SwarmOf(i), {}, known.handouts[i].cookie}});
    ASSERT_FALSE(own.handouts[0].handout.full);
    const AnnounceResult wrong = Announce(1, {{SwarmOf(i), {}, known.handouts[other].cookie}});
    ASSERT_TRUE(wrong.handouts[0].handout.full);
  }
}

TEST_F(MembershipTableTest, ListsTheLargestSwarmsOfAllShards) {
  for (std::uint32_t i = 0; i < 20; ++i) {
    for (std::uint32_t member = 0; member <= i / 2; ++member) Announce(member, {{SwarmOf(i)}});
  }
  EXPECT_THAT(table_.LargestSwarms(std::nullopt, 3),
              ElementsAre(SwarmSize{SwarmOf(18), 10}, SwarmSize{SwarmOf(19), 10},
                          SwarmSize{SwarmOf(16), 9}));
  std::vector<SwarmSize> listed;
  std::optional<SwarmSize> last;
  for (int page = 0; page < 7; ++page) {
    for (const SwarmSize& swarm : table_.LargestSwarms(last, 3)) listed.push_back(swarm);
    last = listed.back();
  }
  EXPECT_EQ(listed, table_.LargestSwarms(std::nullopt, 100));
  EXPECT_THAT(listed, SizeIs(20));
}

TEST_F(MembershipTableTest, HousekeepingRemovesWhoIsGoneBetweenTwoAndTwoAndAHalfIntervals) {
  Duration longest{};
  for (std::uint32_t i = 0; i < 5000; ++i) {
    longest = std::max(longest, Announce(i, {{SwarmOf(i % kManySwarms)}}).interval);
  }
  const auto keep_house_for = [this](Duration time) {
    const Duration turn = Milliseconds(250);
    for (Duration passed{}; passed < time; passed += turn) {
      clock_.Advance(turn);
      table_.KeepHouse(turn);
    }
  };
  keep_house_for(2 * membership::kAnnounceIntervalMin);
  EXPECT_EQ(table_.figures().members, 5000u);
  keep_house_for(Seconds(2.5 * ToSeconds(longest)) - 2 * membership::kAnnounceIntervalMin);
  EXPECT_EQ(table_.swarms(), 0u);
}

TEST_F(MembershipTableTest, SwarmsSpreadEvenlyOverTheShards) {
  for (std::uint32_t i = 0; i < 100 * MembershipTable::kShards; ++i) Announce(1, {{SwarmOf(i)}});
  clock_.Advance(Seconds(100));
  for (std::size_t shard = 0; shard < MembershipTable::kShards; ++shard) {
    std::size_t members = 0;
    for (std::size_t places = 0; places < 4500; places += MembershipShard::kPlacesAtOnce) {
      const std::size_t removed = table_.ExpireSome(shard);
      EXPECT_LE(removed, MembershipShard::kPlacesAtOnce);
      members += removed;
    }
    EXPECT_GT(members, 50u);
    EXPECT_LT(members, 150u);
  }
  EXPECT_EQ(table_.swarms(), 0u);
}

TEST_F(MembershipTableTest, NotesWhoCanBeDialledInAllSwarmsNamed) {
  Announce(1, SwarmsUpTo(10));
  table_.NoteDialled({.endpoint = StrongMember(1).endpoint,
                      .peer = Peer(1),
                      .swarms = {SwarmOf(2), SwarmOf(7), SwarmOf(77)}},
                     false);
  for (std::uint32_t i = 0; i < 10; ++i) {
    table_.Read(SwarmOf(i), [&](const membership::Swarm* swarm, TimePoint) {
      EXPECT_EQ(swarm->Find(Peer(1))->member.can_be_dialled, i != 2 && i != 7) << i;
    });
  }
}

class SmallMembershipTableTest : public MembershipTableTest {
 protected:
  SmallMembershipTableTest()
      : MembershipTableTest({.announces_per_second = 0.1,
                             .max_members_per_swarm = 3,
                             .max_swarms = 30,
                             .max_members = 40,
                             .placement_seed = 1}) {}
};

TEST_F(SmallMembershipTableTest, TakesSwarmsOfAllShardsUpToTheLimit) {
  Announce(1, SwarmsUpTo(30));
  const auto refused = TryAnnounce(1, {{SwarmOf(30)}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().message(), HasSubstr("no room for another swarm beside 30"));
  Announce(1, {{SwarmOf(3), AnnounceEvent::kStopped}});
  Announce(1, {{SwarmOf(30)}});
}

TEST_F(SmallMembershipTableTest, TakesMembersOfAllShardsUpToTheLimit) {
  Announce(1, SwarmsUpTo(30));
  Announce(2, SwarmsUpTo(10));
  const auto refused = TryAnnounce(3, {{SwarmOf(5)}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().message(), HasSubstr("no room for another member beside 40"));
  Announce(2, SwarmsUpTo(10));  // who is a member stays
}

TEST_F(SmallMembershipTableTest, TheIntervalIsThatOfTheMembersOfAllShards) {
  Announce(1, SwarmsUpTo(10));
  EXPECT_EQ(table_.announce_interval(), Seconds(100));
}

TEST_F(SmallMembershipTableTest, WhatARefusedCallHasJoinedBeforeItsLimitExpires) {
  for (std::uint32_t member = 1; member <= 3; ++member) Announce(member, {{SwarmOf(0)}});
  std::vector<SwarmAnnounce> swarms = {{SwarmOf(1)}, {SwarmOf(2)}, {SwarmOf(0)}, {SwarmOf(3)}};
  EXPECT_EQ(TryAnnounce(4, swarms).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(SizeOf(0), 3u);
  EXPECT_EQ(SizeOf(3), 0u);
  clock_.Advance(Seconds(2.5 * ToSeconds(membership::kAnnounceIntervalMax)));
  EXPECT_EQ(table_.figures().members, 0u);
}

// Keeps what a store would.
class FakeJournal final : public membership::MembershipJournal {
 public:
  void Put(const MemberRecord& record) override {
    records_.insert_or_assign({record.swarm, record.member.id}, record);
  }
  void Remove(const SwarmId& swarm, const PeerId& peer) override { records_.erase({swarm, peer}); }

  std::map<std::pair<SwarmId, PeerId>, MemberRecord> records_;
};

TEST_F(MembershipTableTest, PutsBackTheMembersOfAllShards) {
  FakeJournal journal;
  table_.set_journal(&journal);
  for (std::uint32_t member = 0; member < 5; ++member) Announce(member, SwarmsUpTo(kManySwarms));
  std::vector<MemberRecord> records;
  for (const auto& [key, record] : journal.records_) records.push_back(record);

  MembershipTable restarted({.placement_seed = 2}, 2, clock_);
  restarted.set_journal(&journal);
  restarted.BeginWarming(Seconds(20));
  for (std::uint32_t i = 0; i < kManySwarms; ++i) {
    const auto stopped = restarted.Announce(
        {.member = StrongMember(3), .swarms = {{SwarmOf(i), AnnounceEvent::kStopped}}});
    ASSERT_TRUE(stopped.ok());
  }
  restarted.Restore(records);
  restarted.EndWarming();
  EXPECT_EQ(restarted.figures().members, 4 * kManySwarms);
  EXPECT_EQ(restarted.figures().joins, 0u);
  EXPECT_THAT(journal.records_, SizeIs(4 * kManySwarms));  // who has stopped is not stored any more
  EXPECT_EQ(restarted.LongestWait(), Seconds(20));
  clock_.Advance(Seconds(20.1));
  EXPECT_EQ(restarted.figures().members, 0u);
  EXPECT_THAT(journal.records_, IsEmpty());
}

TEST_F(MembershipTableTest, TheLongestWaitIsThatOfAnyShard) {
  EXPECT_EQ(table_.LongestWait(), Duration());
  const Duration first = Announce(1, {{SwarmOf(1)}}).interval;
  EXPECT_EQ(table_.LongestWait(), first);
  clock_.Advance(Seconds(10));
  EXPECT_EQ(table_.LongestWait(), first - Seconds(10));
  const Duration second = Announce(2, {{SwarmOf(2)}}).interval;
  EXPECT_EQ(table_.LongestWait(), std::max(first - Seconds(10), second));
}

}  // namespace
}  // namespace shoal::service
