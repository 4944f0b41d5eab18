#include "tracker/membership/member_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "tests/unit/tracker/membership/members.h"

namespace shoal::membership {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Place kAnywhere = ~Place{0};

// A ring of members that stand at the places given; a member's number is its place.
class MemberRingTest : public ::testing::Test {
 protected:
  void Fill(const std::vector<std::uint32_t>& places) {
    for (std::uint32_t place : places) {
      records_.push_back({.member = StrongMember(place)});
      ring_.Insert(place, &records_.back());
    }
  }

  std::vector<std::uint32_t> Visited(Place from, std::size_t count, Place first = 0,
                                     Place last = kAnywhere) const {
    std::vector<std::uint32_t> visited;
    ring_.VisitFrom(from, first, last, [&](const MemberRecord& record) {
      const absl::string_view address = record.member.endpoint.address;
      visited.push_back(static_cast<std::uint8_t>(address[3]));
      return visited.size() < count;
    });
    return visited;
  }

  std::deque<MemberRecord> records_;
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

TEST_F(MemberRingTest, EqualPlacesAreOrderedById) {
  records_.push_back({.member = StrongMember(2)});
  records_.push_back({.member = StrongMember(1)});
  ring_.Insert(7, &records_[0]);
  ring_.Insert(7, &records_[1]);
  EXPECT_THAT(Visited(7, 100), ElementsAre(1, 2));
  ring_.Erase(7, &records_[0]);
  EXPECT_THAT(Visited(7, 100), ElementsAre(1));
}

}  // namespace
}  // namespace shoal::membership
