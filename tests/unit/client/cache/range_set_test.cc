#include "client/cache/range_set.h"

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal::cache {

void PrintTo(const ByteRange& range, std::ostream* os) {
  *os << "[" << range.begin << "," << range.end << ")";
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A set drawn as a string: '#' in it, anything else not.
RangeSet Draw(const std::string& picture) {
  RangeSet set;
  for (std::uint64_t i = 0; i < picture.size(); ++i) {
    if (picture[i] == '#') set.Add({i, i + 1});
  }
  return set;
}

TEST(RangeSet, JoinsRangesThatTouch) {
  EXPECT_THAT(Draw(".##..##").ranges(), ElementsAre(ByteRange{1, 3}, ByteRange{5, 7}));
  EXPECT_THAT(Draw(".######").ranges(), ElementsAre(ByteRange{1, 7}));
}

TEST(RangeSet, AddReturnsOnlyWhatIsNew) {
  RangeSet set = Draw(".##..##.");
  EXPECT_THAT(set.Add({0, 8}), ElementsAre(ByteRange{0, 1}, ByteRange{3, 5}, ByteRange{7, 8}));
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{0, 8}));
  EXPECT_EQ(set.size(), 8u);
  EXPECT_THAT(set.Add({2, 6}), IsEmpty());
  EXPECT_EQ(set.size(), 8u);
}

TEST(RangeSet, AddOfAnEmptyRangeChangesNothing) {
  RangeSet set = Draw(".##.");
  EXPECT_THAT(set.Add({3, 3}), IsEmpty());
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{1, 3}));
}

TEST(RangeSet, RunEndsAtTheFirstGap) {
  const RangeSet set = Draw(".##..##.");
  EXPECT_EQ(set.RunEnd(0), 0u);
  EXPECT_EQ(set.RunEnd(1), 3u);
  EXPECT_EQ(set.RunEnd(2), 3u);
  EXPECT_EQ(set.RunEnd(3), 3u);
  EXPECT_EQ(set.RunEnd(4), 4u);
  EXPECT_EQ(set.RunEnd(6), 7u);
  EXPECT_EQ(set.RunEnd(99), 99u);
}

TEST(RangeSet, ContainsOnlyRangesWithoutGap) {
  const RangeSet set = Draw(".##..##.");
  EXPECT_TRUE(set.Contains({1, 3}));
  EXPECT_TRUE(set.Contains({6, 7}));
  EXPECT_TRUE(set.Contains({4, 4}));
  EXPECT_FALSE(set.Contains({0, 2}));
  EXPECT_FALSE(set.Contains({1, 6}));
  EXPECT_FALSE(set.Contains({6, 8}));
}

TEST(RangeSet, MissingNamesTheGaps) {
  const RangeSet set = Draw(".##..##.");
  EXPECT_THAT(set.Missing({2, 8}), ElementsAre(ByteRange{3, 5}, ByteRange{7, 8}));
  EXPECT_THAT(set.Missing({1, 3}), IsEmpty());
  EXPECT_THAT(set.Missing({3, 4}), ElementsAre(ByteRange{3, 4}));
}

}  // namespace
}  // namespace shoal::cache
