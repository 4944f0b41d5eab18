#include "tracker/membership/member_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "common/random/random.h"

namespace shoal::membership {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Place kAnywhere = ~Place{0};

// A ring of slots that stand at the places of the same number.
class MemberRingTest : public ::testing::Test {
 protected:
  void Fill(const std::vector<std::uint32_t>& places) {
    for (std::uint32_t place : places) ring_.Insert(place, place);
  }

  std::vector<std::uint32_t> Visited(Place from, std::size_t count, Place first = 0,
                                     Place last = kAnywhere, Slot self = kNoSlot) const {
    MemberRing::Walk walk(ring_, from, self, {first, last});
    std::vector<std::uint32_t> visited;
    while (visited.size() < count) {
      const Slot slot = walk.Next();
      if (slot == kNoSlot) break;
      visited.push_back(slot);
    }
    return visited;
  }

  std::vector<Slot> All() const {
    std::vector<Slot> all;
    ring_.VisitAll([&](Slot slot) { all.push_back(slot); });
    return all;
  }

  MemberRing ring_;
};

TEST_F(MemberRingTest, VisitsTheNearestByTurns) {
  Fill({10, 20, 30, 40, 50, 60, 70});
  EXPECT_THAT(Visited(40, 5), ElementsAre(40, 30, 50, 20, 60));
}

TEST_F(MemberRingTest, StartsBetweenMembers) {
  Fill({10, 20, 30, 40});
  EXPECT_THAT(Visited(25, 4), ElementsAre(30, 20, 40, 10));
}

TEST_F(MemberRingTest, GoesAroundTheEnds) {
  Fill({10, 20, 30, 40, 50});
  EXPECT_THAT(Visited(50, 4), ElementsAre(50, 40, 10, 30));
  EXPECT_THAT(Visited(1, 4), ElementsAre(10, 50, 20, 40));
  EXPECT_THAT(Visited(99, 3), ElementsAre(10, 50, 20));
}

TEST_F(MemberRingTest, VisitsEverybodyOnce) {
  for (std::uint32_t size = 1; size <= 6; ++size) {
    Fill({size * 10});
    for (std::uint32_t from = 0; from <= 70; from += 5) {
      std::vector<std::uint32_t> visited = Visited(from, 100);
      std::sort(visited.begin(), visited.end());
      EXPECT_EQ(visited.size(), size) << "from " << from;
      EXPECT_EQ(std::unique(visited.begin(), visited.end()), visited.end()) << "from " << from;
    }
  }
}

TEST_F(MemberRingTest, StaysWithinTheRange) {
  Fill({10, 20, 30, 40, 50, 60});
  EXPECT_THAT(Visited(40, 100, 20, 40), ElementsAre(40, 30, 20));
  EXPECT_THAT(Visited(25, 100, 20, 50), ElementsAre(30, 20, 40, 50));
  EXPECT_THAT(Visited(35, 100, 32, 38), IsEmpty());
}

TEST_F(MemberRingTest, AnEmptyRingHasNobody) { EXPECT_THAT(Visited(5, 100), IsEmpty()); }

TEST_F(MemberRingTest, WhoComesLaterStandsBehindItsEquals) {
  ring_.Insert(7, 2);
  ring_.Insert(7, 1);
  ring_.Insert(7, 3);
  EXPECT_THAT(All(), ElementsAre(2, 1, 3));
  ring_.Erase(7, 2);
  EXPECT_THAT(All(), ElementsAre(1, 3));
}

TEST_F(MemberRingTest, BeginsWithItselfAmongItsEquals) {
  for (const Slot slot : {1u, 2u, 3u, 4u, 5u}) ring_.Insert(7, slot);
  EXPECT_THAT(Visited(7, 3, 0, kAnywhere, 3), ElementsAre(3, 2, 4));
  EXPECT_THAT(Visited(7, 3, 0, kAnywhere, 99), ElementsAre(1, 5, 2));
}

TEST_F(MemberRingTest, WhoIsPassedOverTakesNobodysTurn) {
  Fill({10, 20, 30, 40, 50, 60, 70});
  MemberRing::Walk walk(ring_, 40, kNoSlot, {});
  EXPECT_EQ(walk.Next(), 40u);
  EXPECT_EQ(walk.Next(), 30u);
  EXPECT_EQ(walk.Next(), 50u);
  walk.PassOver();
  EXPECT_EQ(walk.Next(), 60u);
  EXPECT_EQ(walk.Next(), 20u);
}

TEST_F(MemberRingTest, FindsByPlaceAndMore) {
  for (const Slot slot : {1u, 2u, 3u}) ring_.Insert(7, slot);
  ring_.Insert(8, 4);
  EXPECT_EQ(ring_.Find(7, [](Slot slot) { return slot > 1; }), 2u);
  EXPECT_EQ(ring_.Find(7, [](Slot slot) { return slot == 4; }), kNoSlot);
  EXPECT_EQ(ring_.Find(9, [](Slot) { return true; }), kNoSlot);
}

// Many pages, which split and go, against a list that is sorted anew.
TEST_F(MemberRingTest, StaysInOrderWhileThousandsComeAndGo) {
  Random random(3);
  std::vector<std::pair<Place, Slot>> expected;
  for (Slot slot = 0; slot < 20'000; ++slot) {
    const auto place = static_cast<Place>(random.Below(5000));  // so that many are equal
    ring_.Insert(place, slot);
    expected.push_back({place, slot});
    if (random.Below(3) != 0) continue;
    const std::size_t gone = random.Below(expected.size());
    ring_.Erase(expected[gone].first, expected[gone].second);
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(gone));
  }
  std::sort(expected.begin(), expected.end());  // slots count up: equals in the order they came
  std::vector<Slot> slots;
  for (const auto& [place, slot] : expected) slots.push_back(slot);
  EXPECT_EQ(ring_.size(), expected.size());
  EXPECT_EQ(All(), slots);
  for (const auto& [place, slot] : expected) {
    ASSERT_EQ(ring_.Find(place, [wanted = slot](Slot found) { return found == wanted; }), slot);
    ring_.Erase(place, slot);
  }
  EXPECT_THAT(All(), IsEmpty());
}

TEST_F(MemberRingTest, WalksOverManyPages) {
  for (Slot slot = 0; slot < 3000; ++slot) ring_.Insert(slot * 10, slot);
  std::vector<Slot> visited = Visited(15'000, 100'000);
  EXPECT_THAT(std::vector<Slot>(visited.begin(), visited.begin() + 5),
              ElementsAre(1500, 1499, 1501, 1498, 1502));
  std::sort(visited.begin(), visited.end());
  EXPECT_EQ(visited, All());
}

}  // namespace
}  // namespace shoal::membership
