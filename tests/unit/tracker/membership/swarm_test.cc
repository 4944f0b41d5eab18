#include "tracker/membership/swarm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "tests/unit/tracker/membership/members.h"

namespace shoal::membership {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::uint64_t kSeed = 42;

class SwarmTest : public ::testing::Test {
 protected:
  void Add(const Member& member) {
    members_[member.id] = member;
    swarm_.Put(PackedMember(member).view(), {.expires = TimePoint(Seconds(30))});
  }

  void Remove(std::uint32_t number) {
    members_.erase(Peer(number));
    swarm_.Remove(swarm_.FindSlot(Peer(number).bytes()), TimePoint(Seconds(40)));
  }

  std::map<PeerId, std::set<PeerId>> AllHandouts() const {
    std::map<PeerId, std::set<PeerId>> handouts;
    for (const auto& [id, member] : members_) handouts[id] = IdsOf(swarm_.Handout(member));
    return handouts;
  }

  // How often each member is in the handouts of the others.
  std::map<PeerId, int> InDegrees() const {
    std::map<PeerId, int> degrees;
    for (const auto& [id, handout] : AllHandouts()) {
      degrees[id] += 0;
      for (const PeerId& other : handout) ++degrees[other];
    }
    return degrees;
  }

  MemberSlab slab_;
  Swarm swarm_{{.id = SwarmOf(1)}, kSeed, slab_};
  std::map<PeerId, Member> members_;
};

std::vector<PeerId> Missing(const std::set<PeerId>& before, const std::set<PeerId>& after) {
  std::vector<PeerId> missing;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(missing));
  return missing;
}

TEST_F(SwarmTest, AloneThereIsNobodyToHandOut) {
  Add(StrongMember(1));
  EXPECT_TRUE(swarm_.Handout(StrongMember(1)).empty());
}

TEST_F(SwarmTest, HandsOutAsManyAs51Whole) {
  for (std::uint32_t i = 0; i < kWholeSwarmSizeMax; ++i) {
    Add(i % 3 == 0 ? WeakMember(i) : StrongMember(i, static_cast<std::uint16_t>(i % 2)));
  }
  for (const auto& [id, handout] : AllHandouts()) {
    EXPECT_EQ(handout.size(), kWholeSwarmSizeMax - 1);
    EXPECT_EQ(handout.count(id), 0u);
  }
}

TEST_F(SwarmTest, HandsOut50OfOneMore) {
  for (std::uint32_t i = 0; i < kWholeSwarmSizeMax + 1; ++i) Add(StrongMember(i));
  for (const auto& [id, handout] : AllHandouts()) EXPECT_EQ(handout.size(), kHandoutSizeMax);
}

TEST_F(SwarmTest, NobodyIsHandedOutTwice) {
  for (std::uint32_t i = 0; i < 60; ++i) Add(i < 8 ? WeakMember(i) : StrongMember(i, 5));
  for (const auto& [id, member] : members_) {
    const std::vector<Member> handout = swarm_.Handout(member);
    EXPECT_EQ(IdsOf(handout).size(), handout.size());
    EXPECT_EQ(handout.size(), kHandoutSizeMax);
  }
}

TEST_F(SwarmTest, HandsOutWhatTheMemberLastAnnounced) {
  Add(StrongMember(1));
  Add(StrongMember(2));
  Member moved = StrongMember(2, 9);
  moved.endpoint.port = 1234;
  moved.upload_class = kUploadNone;
  Add(moved);
  EXPECT_THAT(swarm_.Handout(StrongMember(1)), ElementsAre(moved));
}

TEST_F(SwarmTest, TheZoneComesFirst) {
  for (std::uint32_t i = 0; i < 1000; ++i)
    Add(StrongMember(i, static_cast<std::uint16_t>(1 + i % 20)));
  for (const auto& [id, member] : members_) {
    const std::vector<Member> handout = swarm_.Handout(member);
    for (std::size_t i = 0; i < kNearSizeMax; ++i) ASSERT_EQ(handout[i].zone, member.zone);
  }
}

TEST_F(SwarmTest, NineInTenAreOfTheZoneAlsoIfSomeAreWeak) {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    Member member = i % 3 == 0 ? WeakMember(i) : StrongMember(i);
    member.zone = static_cast<std::uint16_t>(1 + i % 5);
    Add(member);
  }
  for (const auto& [id, member] : members_) {
    const std::vector<Member> handout = swarm_.Handout(member);
    ASSERT_EQ(handout.size(), kHandoutSizeMax);
    const auto of_zone = [zone = member.zone](const Member& m) { return m.zone == zone; };
    ASSERT_GE(std::count_if(handout.begin(), handout.end(), of_zone), 45);
    ASSERT_EQ(std::count_if(handout.begin(), handout.end(), IsStrong), 40);
  }
}

TEST_F(SwarmTest, ASmallZoneIsFilledUpFromOthers) {
  for (std::uint32_t i = 0; i < 200; ++i) Add(StrongMember(i, i < 3 ? 7 : 8));
  const std::vector<Member> handout = swarm_.Handout(StrongMember(0, 7));
  EXPECT_EQ(handout.size(), kHandoutSizeMax);
  EXPECT_GE(
      std::count_if(handout.begin(), handout.end(), [](const Member& m) { return m.zone == 7; }),
      2);
}

TEST_F(SwarmTest, StrongMembersAreFavouredButOthersAreKnown) {
  for (std::uint32_t i = 0; i < 400; ++i) Add(i % 2 ? WeakMember(i) : StrongMember(i));
  for (const auto& [id, member] : members_) {
    const std::vector<Member> handout = swarm_.Handout(member);
    const auto strong = std::count_if(handout.begin(), handout.end(), IsStrong);
    ASSERT_EQ(static_cast<std::size_t>(strong), kHandoutSizeMax - kWeakSizeMax);
  }
}

TEST_F(SwarmTest, WhoCannotUploadIsWeak) {
  Member idle = StrongMember(1);
  EXPECT_TRUE(IsStrong(idle));
  idle.upload_class = kUploadUnknown;
  EXPECT_TRUE(IsStrong(idle));
  idle.upload_class = kUploadNone;
  EXPECT_FALSE(IsStrong(idle));
}

TEST_F(SwarmTest, WeakMembersFillTheRoomThatStrongOnesLeave) {
  for (std::uint32_t i = 0; i < 200; ++i) Add(i < 10 ? StrongMember(i) : WeakMember(i));
  const std::vector<Member> handout = swarm_.Handout(WeakMember(100));
  EXPECT_EQ(handout.size(), kHandoutSizeMax);
  EXPECT_EQ(std::count_if(handout.begin(), handout.end(), IsStrong), 10);
}

TEST_F(SwarmTest, EqualMembersAreHandedOutEquallyOften) {
  for (std::uint32_t i = 0; i < 1000; ++i) Add(StrongMember(i));
  for (const auto& [id, degree] : InDegrees()) {
    ASSERT_EQ(degree, static_cast<int>(kHandoutSizeMax)) << id.ToString();
  }
}

// With weak callers spread at random over the circle of the strong, the callers that find a strong
// member are the strong ones nearest to it, 40 exactly, and the weak ones in the 40 gaps around it.
// The number in a gap is geometric with mean r = weak/strong and variance r(1 + r).
TEST_F(SwarmTest, InDegreesStayWithinTheirBounds) {
  constexpr int kStrong = 1400;
  constexpr int kWeak = 600;
  constexpr double kStandardDeviations = 5;  // 2000 draws beyond it: less than 1 in 500 seeds
  for (std::uint32_t i = 0; i < kStrong; ++i) Add(StrongMember(i));
  for (std::uint32_t i = kStrong; i < kStrong + kWeak; ++i) Add(WeakMember(i));
  const auto bound = [&](double same_kind, double callers, double found) {
    const double r = callers / found;
    return same_kind + same_kind * r + kStandardDeviations * std::sqrt(same_kind * r * (1 + r));
  };
  const double strong_max = bound(kHandoutSizeMax - kWeakSizeMax, kWeak, kStrong);
  const double weak_max = bound(kWeakSizeMax, kStrong, kWeak);
  for (const auto& [id, degree] : InDegrees()) {
    if (IsStrong(members_[id])) {
      ASSERT_GE(degree, 40);
      ASSERT_LE(degree, strong_max);
    } else {
      ASSERT_GE(degree, 10);
      ASSERT_LE(degree, weak_max);
    }
  }
}

TEST_F(SwarmTest, ZonesAreNotSwarmsOfTheirOwn) {
  for (std::uint32_t i = 0; i < 2000; ++i)
    Add(StrongMember(i, static_cast<std::uint16_t>(1 + i % 40)));
  const std::map<PeerId, std::set<PeerId>> handouts = AllHandouts();
  std::set<PeerId> reached = {Peer(0)};
  for (int hop = 0; hop < 4; ++hop) {
    for (const PeerId& id : std::set<PeerId>(reached)) {
      reached.insert(handouts.at(id).begin(), handouts.at(id).end());
    }
  }
  EXPECT_EQ(reached.size(), members_.size());
}

TEST_F(SwarmTest, HandoutsStayWhileNobodyComesOrGoes) {
  for (std::uint32_t i = 0; i < 300; ++i) Add(StrongMember(i, static_cast<std::uint16_t>(i % 4)));
  const auto before = AllHandouts();
  for (std::uint32_t i = 0; i < 300; ++i) Add(StrongMember(i, static_cast<std::uint16_t>(i % 4)));
  EXPECT_EQ(AllHandouts(), before);
}

TEST_F(SwarmTest, OneThatJoinsReplacesAtMostOneInEachHandout) {
  for (std::uint32_t i = 0; i < 300; ++i) Add(StrongMember(i));
  const auto before = AllHandouts();
  Add(StrongMember(1000));
  const auto after = AllHandouts();
  for (const auto& [id, handout] : before) EXPECT_LE(Missing(handout, after.at(id)).size(), 1u);
}

TEST_F(SwarmTest, WhoLeavesIsReplacedAndNobodyElse) {
  for (std::uint32_t i = 0; i < 300; ++i) Add(StrongMember(i));
  const auto before = AllHandouts();
  Remove(17);
  const auto after = AllHandouts();
  for (const auto& [id, handout] : after) {
    EXPECT_EQ(handout.size(), kHandoutSizeMax);
    const std::vector<PeerId> missing = Missing(before.at(id), handout);
    if (before.at(id).count(Peer(17))) {
      EXPECT_THAT(missing, ElementsAre(Peer(17)));
    } else {
      EXPECT_TRUE(missing.empty());
    }
  }
}

// A tenth leaves and as many join. In each direction the window of 25 then moves by the difference
// of two binomial counts with mean 2.5, so on average well under a tenth of it is displaced.
TEST_F(SwarmTest, ChurnDisplacesFewOfTheLiving) {
  for (std::uint32_t i = 0; i < 1000; ++i) Add(StrongMember(i));
  const auto before = AllHandouts();
  for (std::uint32_t i = 0; i < 100; ++i) Remove(i);
  for (std::uint32_t i = 2000; i < 2100; ++i) Add(StrongMember(i));
  double alive = 0;
  double kept = 0;
  for (std::uint32_t i = 100; i < 1000; ++i) {
    const std::set<PeerId> after = IdsOf(swarm_.Handout(StrongMember(i)));
    for (const PeerId& id : before.at(Peer(i))) {
      if (members_.count(id) == 0) continue;
      alive += 1;
      kept += static_cast<double>(after.count(id));
    }
  }
  EXPECT_GE(kept / alive, 0.9);
}

// Over the seeds, whom a caller gets of its equals is a draw of some out of all. The counts of such
// draws vary less than a multinomial's, so Pearson's statistic stays below that of chi-square with
// one degree of freedom less than there are others, whose deviation is the root of twice its mean.
TEST_F(SwarmTest, EqualMembersAreChosenUniformly) {
  constexpr std::uint32_t kMembers = 300;
  constexpr int kSeeds = 400;
  for (const std::uint16_t zone : {std::uint16_t{0}, std::uint16_t{6}}) {
    std::map<PeerId, double> found;
    for (int seed = 0; seed < kSeeds; ++seed) {
      Swarm swarm({.id = SwarmOf(1)}, static_cast<std::uint64_t>(seed), slab_);
      for (std::uint32_t i = 0; i < kMembers; ++i) {
        swarm.Put(PackedMember(StrongMember(i, zone)).view(), {});
      }
      for (const Member& member : swarm.Handout(StrongMember(0, zone))) found[member.id] += 1;
    }
    const double expected = double{kSeeds} * kHandoutSizeMax / (kMembers - 1);
    double chi_square = 0;
    for (std::uint32_t i = 1; i < kMembers; ++i) {
      chi_square += std::pow(found[Peer(i)] - expected, 2) / expected;
    }
    const double degrees = kMembers - 2;
    EXPECT_LT(chi_square, degrees + 5 * std::sqrt(2 * degrees)) << "zone " << zone;
    EXPECT_GT(chi_square, degrees / 2) << "zone " << zone;  // by chance, not by turns
  }
}

TEST_F(SwarmTest, WhoTurnsWeakChangesItsRing) {
  for (std::uint32_t i = 0; i < 200; ++i) Add(StrongMember(i, 3));
  Add(WeakMember(5));
  Remove(5);
  EXPECT_EQ(swarm_.Find(Peer(5)), std::nullopt);
  for (const auto& [id, handout] : AllHandouts()) EXPECT_EQ(handout.count(Peer(5)), 0u);
}

TEST_F(SwarmTest, AnotherSeedHandsOutOthers) {
  Swarm other({.id = SwarmOf(1)}, kSeed + 1, slab_);
  for (std::uint32_t i = 0; i < 500; ++i) {
    Add(StrongMember(i));
    other.Put(PackedMember(StrongMember(i)).view(), {.expires = TimePoint(Seconds(30))});
  }
  EXPECT_NE(IdsOf(swarm_.Handout(StrongMember(0))), IdsOf(other.Handout(StrongMember(0))));
}

TEST_F(SwarmTest, DescribesItself) {
  const auto put = [this](const Member& member, double joined_s) {
    swarm_.Put(PackedMember(member).view(), {.joined = TimePoint(Seconds(joined_s))});
  };
  put(StrongMember(1, 4), 5);
  put(StrongMember(2, 4), 3);
  put(WeakMember(3), 9);
  const SwarmDescription description = swarm_.Describe();
  EXPECT_EQ(description.members, 3u);
  EXPECT_EQ(description.dialable_members, 2u);
  EXPECT_THAT(description.members_by_upload_class, ElementsAre(Pair(12, 3)));
  EXPECT_THAT(description.members_by_zone, ElementsAre(Pair(0, 1), Pair(4, 2)));
  EXPECT_EQ(description.oldest_joined, TimePoint(Seconds(3)));
}

TEST_F(SwarmTest, ListsMembersInPages) {
  for (std::uint32_t i : {4u, 1u, 3u, 2u}) Add(StrongMember(i));
  const std::vector<MemberRecord> first = swarm_.MembersAfter(std::nullopt, 3);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0].member.id, Peer(1));
  EXPECT_EQ(first[2].member.id, Peer(3));
  const std::vector<MemberRecord> second = swarm_.MembersAfter(first[2].member.id, 3);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].member.id, Peer(4));
}

}  // namespace
}  // namespace shoal::membership
