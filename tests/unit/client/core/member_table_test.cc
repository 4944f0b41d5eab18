#include "client/core/member_table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace shoal::core {
namespace {

PeerId Id(char c) { return *PeerId::FromBytes(std::string(16, c)); }
TimePoint T(double seconds) { return TimePoint(Seconds(seconds)); }

Member Peer(char c, UploadClass upload_class = 12) {
  return {.id = Id(c),
          .endpoint = {std::string(4, '\x0a'), 4000},
          .zone = 0,
          .upload_class = upload_class};
}

// A full handout with one member a letter.
SwarmHandout Handout(const std::string& members) {
  SwarmHandout handout{
      .swarm_size = static_cast<std::uint32_t>(members.size()) + 1, .added = {}, .removed = {}};
  for (char c : members) handout.added.push_back(Peer(c));
  return handout;
}

std::string Known(const MemberTable& table) {
  std::string known;
  for (const KnownMember& member : table.known()) known += member.id.bytes()[0];
  return known;
}

TEST(MemberTable, NeverHoldsOneself) {
  MemberTable table(Id('s'));
  table.Apply(Handout("asb"));
  EXPECT_EQ(Known(table), "ab");
}

TEST(MemberTable, AFullHandoutReplacesTheOneBefore) {
  MemberTable table(Id('s'));
  table.Apply(Handout("abc"));
  table.Apply(Handout("cd"));
  EXPECT_EQ(Known(table), "cd");
}

TEST(MemberTable, AChangedHandoutAddsAndRemoves) {
  MemberTable table(Id('s'));
  table.Apply(Handout("abc"));
  SwarmHandout change{.swarm_size = 4, .full = false, .added = {Peer('d')}, .removed = {Id('a')}};
  table.Apply(change);
  EXPECT_EQ(Known(table), "bcd");
}

TEST(MemberTable, KeepsLinkedPeersThatTheTrackerNoLongerNames) {
  MemberTable table(Id('s'));
  table.Apply(Handout("ab"));
  table.Linked(Peer('a'));
  table.Apply(Handout("b"));
  EXPECT_EQ(Known(table), "ab");
  table.Unlinked(Id('a'), false);
  EXPECT_EQ(Known(table), "b");
}

TEST(MemberTable, KnowsAllWhenTheSwarmIsSmallAndHandedOutWhole) {
  MemberTable table(Id('s'));
  table.Apply(Handout("abc"));
  EXPECT_TRUE(table.all_known());
  SwarmHandout part = Handout("abc");
  part.swarm_size = 10;
  table.Apply(part);
  EXPECT_FALSE(table.all_known());
}

TEST(MemberTable, CountsALinkedNewcomerBeforeTheTrackerDoes) {
  MemberTable table(Id('s'));
  table.Apply(Handout("a"));
  table.Linked(Peer('a'));
  table.Linked(Peer('b'));
  EXPECT_EQ(table.swarm_size(), 3u);
  EXPECT_TRUE(table.all_known());
}

TEST(MemberTable, ForgetsWhoSaidGoodbye) {
  MemberTable table(Id('s'));
  table.Apply(Handout("ab"));
  table.Linked(Peer('a'));
  table.Unlinked(Id('a'), true);
  EXPECT_EQ(Known(table), "b");
}

TEST(MemberTable, DialsEveryoneOnceAndNobodyTwice) {
  MemberTable table(Id('s'));
  table.Apply(Handout("abc"));
  std::string dialled;
  for (std::uint64_t random = 0; const Member* member = table.PickToDial(random, T(1)); ++random) {
    dialled += member->id.bytes()[0];
    table.Dialling(member->id);
  }
  std::sort(dialled.begin(), dialled.end());
  EXPECT_EQ(dialled, "abc");
  EXPECT_EQ(table.dialling(), 3u);
}

TEST(MemberTable, DialsThoseWhoUploadMoreMoreOften) {
  MemberTable table(Id('s'));
  SwarmHandout handout = Handout("abc");
  handout.added[0].upload_class = kUploadNone;
  handout.added[1].upload_class = 11;
  handout.added[2].upload_class = 13;
  table.Apply(handout);
  std::map<char, int> picked;
  constexpr int kPicks = 1000;
  for (int i = 0; i < kPicks; ++i) {
    const std::uint64_t random = std::numeric_limits<std::uint64_t>::max() / kPicks * i;
    ++picked[table.PickToDial(random, T(1))->id.bytes()[0]];
  }
  // Weights: the mean is 5/3 of what b uploads, so 0.6 for b, 2.4 for c, and 0.1 at least.
  EXPECT_NEAR(picked['a'], kPicks * 0.1 / 3.1, 2);
  EXPECT_NEAR(picked['b'], kPicks * 0.6 / 3.1, 2);
  EXPECT_NEAR(picked['c'], kPicks * 2.4 / 3.1, 2);
}

TEST(MemberTable, DialsNobodyWhoCannotBeDialled) {
  MemberTable table(Id('s'));
  SwarmHandout handout = Handout("ab");
  handout.added[0].can_be_dialled = false;
  handout.added[1].endpoint.port = 0;
  table.Apply(handout);
  EXPECT_EQ(table.PickToDial(0, T(1)), nullptr);
  EXPECT_EQ(table.linkable(T(1)), 0u);
}

TEST(MemberTable, WaitsTwiceAsLongAfterEachFailedDial) {
  MemberTable table(Id('s'));
  table.Apply(Handout("a"));
  table.Dialling(Id('a'));
  table.DialFailed(Id('a'), T(10));
  EXPECT_EQ(table.PickToDial(0, T(11.9)), nullptr);
  ASSERT_NE(table.PickToDial(0, T(12)), nullptr);
  table.Dialling(Id('a'));
  table.DialFailed(Id('a'), T(20));
  EXPECT_EQ(table.PickToDial(0, T(23.9)), nullptr);
  EXPECT_NE(table.PickToDial(0, T(24)), nullptr);
}

TEST(MemberTable, DoesNotCountOnMembersThatCannotBeReached) {
  MemberTable table(Id('s'));
  table.Apply(Handout("ab"));
  table.Dialling(Id('a'));
  table.DialFailed(Id('a'), T(10));
  EXPECT_EQ(Known(table), "b");
}

TEST(MemberTable, CountsOnMembersThatHaveLinksEnoughButDoesNotPressThem) {
  MemberTable table(Id('s'));
  table.Apply(Handout("ab"));
  table.Dialling(Id('a'));
  table.DialRefused(Id('a'), T(10));
  EXPECT_EQ(Known(table), "ab");
  EXPECT_TRUE(table.all_known());
  EXPECT_EQ(table.dialling(), 0u);
  EXPECT_EQ(table.PickToDial(0, T(29))->id, Id('b'));
  EXPECT_EQ(table.PickToDial(1, T(29))->id, Id('b'));
  EXPECT_EQ(table.PickToDial(0, T(30))->id, Id('a'));
}

TEST(MemberTable, TriesAtOnceAMemberThatCameBackElsewhere) {
  MemberTable table(Id('s'));
  table.Apply(Handout("a"));
  table.Dialling(Id('a'));
  table.DialFailed(Id('a'), T(10));
  SwarmHandout moved = Handout("a");
  moved.added[0].endpoint.port = 5000;
  table.Apply(moved);
  EXPECT_NE(table.PickToDial(0, T(10)), nullptr);
}

TEST(MemberTable, ChangesItsVersionWithWhatIsKnownOnly) {
  MemberTable table(Id('s'));
  table.Apply(Handout("ab"));
  const std::uint32_t version = table.version();
  table.Apply(Handout("ab"));
  EXPECT_EQ(table.version(), version);
  table.SetClass(Id('a'), 15);
  EXPECT_NE(table.version(), version);
}

// An empty change of the handout goes through all entries anew; everything else changes one.
TEST(MemberTable, IsUpToDateWhateverHappensToOneMember) {
  MemberTable table(Id('s'));
  const SwarmHandout nothing{.swarm_size = 9, .full = false, .added = {}, .removed = {}};
  std::uint32_t random = 1;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 1664525 + 1013904223;
    const char c = static_cast<char>('a' + (random >> 8) % 8);
    const auto upload_class = static_cast<UploadClass>(10 + (random >> 12) % 3);
    const TimePoint now = T(i);
    SwarmHandout change = nothing;
    switch ((random >> 20) % 9) {
      case 0:
        change.added = {Peer(c, upload_class)};
        table.Apply(change);
        break;
      case 1:
        change.removed = {Id(c)};
        table.Apply(change);
        break;
      case 2:
        table.Linked(Peer(c, upload_class));
        break;
      case 3:
        table.Unlinked(Id(c), (random >> 16) % 2 == 0);
        break;
      case 4:
        table.SetClass(Id(c), upload_class);
        break;
      case 5:
        table.Dialling(Id(c));
        break;
      case 6:
        table.DialRefused(Id(c), now);
        break;
      case 7:
        table.DialFailed(Id(c), now);
        break;
      default:  // whom that forgets goes with the next change
        table.DialSettled(Id(c));
        table.Linked(Peer('h', upload_class));
        break;
    }
    const std::string known = Known(table);
    const std::uint32_t version = table.version();
    const double mean = table.MeanUpload();
    table.Apply(nothing);
    ASSERT_EQ(Known(table), known) << i;
    ASSERT_EQ(table.version(), version) << i;
    ASSERT_EQ(table.MeanUpload(), mean) << i;
  }
}

TEST(MemberTable, TakesNoMoreMembersThanItsLimit) {
  MemberTable table(Id('s'));
  SwarmHandout handout{.swarm_size = 1000, .added = {}, .removed = {}};
  for (int i = 0; i < 1000; ++i) {
    Member member = Peer('a');
    std::string id(16, '\0');
    id[0] = static_cast<char>(i);
    id[1] = static_cast<char>(i / 256);
    id[2] = 1;
    member.id = *PeerId::FromBytes(id);
    handout.added.push_back(member);
  }
  table.Apply(handout);
  EXPECT_EQ(table.known().size(), MemberTable::kMembersMax);
}

}  // namespace
}  // namespace shoal::core
