#include "common/base/byte_range.h"

#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(ByteRange, IncludesItsBeginAndNotItsEnd) {
  EXPECT_EQ((ByteRange{10, 30}).size(), 20u);
  EXPECT_FALSE((ByteRange{10, 11}).empty());
  EXPECT_TRUE((ByteRange{10, 10}).empty());
}

TEST(ByteRange, ThatEndsBeforeItBeginsIsEmpty) {
  EXPECT_TRUE((ByteRange{10, 5}).empty());
  EXPECT_EQ((ByteRange{10, 5}).size(), 0u);
}

TEST(ByteRange, ContainsWhatLiesWithin) {
  const ByteRange range{10, 20};
  EXPECT_TRUE(range.Contains({10, 20}));
  EXPECT_TRUE(range.Contains({15, 15}));
  EXPECT_FALSE(range.Contains({9, 20}));
  EXPECT_FALSE(range.Contains({10, 21}));
}

TEST(ByteRange, IntersectionIsWhatBothHave) {
  EXPECT_EQ((ByteRange{10, 20}).Intersect({15, 30}), (ByteRange{15, 20}));
  EXPECT_EQ((ByteRange{10, 20}).Intersect({0, 100}), (ByteRange{10, 20}));
  EXPECT_TRUE((ByteRange{10, 20}).Intersect({20, 30}).empty());
  EXPECT_TRUE((ByteRange{20, 30}).Intersect({0, 5}).empty());
}

}  // namespace
}  // namespace shoal
