#include "common/base/ids.h"

#include <string>

#include "absl/container/flat_hash_set.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(FixedId, IsMadeFromBytesOfExactlyItsLength) {
  EXPECT_FALSE(PeerId::FromBytes(""));
  EXPECT_FALSE(PeerId::FromBytes(std::string(15, 'x')));
  EXPECT_TRUE(PeerId::FromBytes(std::string(16, 'x')));
  EXPECT_FALSE(PeerId::FromBytes(std::string(17, 'x')));
}

TEST(FixedId, KeepsItsBytes) {
  const std::string bytes("\x00\xff\x10 abc\n", 8);
  EXPECT_EQ(SegmentKey::FromBytes(bytes)->bytes(), bytes);
}

TEST(FixedId, IsAllZeroByDefault) {
  EXPECT_EQ(SegmentKey(), *SegmentKey::FromBytes(std::string(8, '\0')));
}

TEST(FixedId, IsOrderedByItsBytesAsUnsigned) {
  EXPECT_LT(*SegmentKey::FromBytes("aaaaaaaa"), *SegmentKey::FromBytes("aaaaaaab"));
  EXPECT_LT(*SegmentKey::FromBytes("\x7f......."), *SegmentKey::FromBytes("\x80......."));
}

TEST(FixedId, IsHashable) {
  absl::flat_hash_set<SegmentKey> keys;
  keys.insert(*SegmentKey::FromBytes("aaaaaaaa"));
  keys.insert(*SegmentKey::FromBytes("aaaaaaaa"));
  keys.insert(*SegmentKey::FromBytes("bbbbbbbb"));
  EXPECT_EQ(keys.size(), 2u);
}

TEST(FixedId, IsWrittenInLowerCaseHexadecimal) {
  const SegmentKey key = *SegmentKey::FromBytes("\x01\xAB\xcd\xef\x10\x20\x30\x40");
  EXPECT_EQ(key.ToString(), "01abcdef10203040");
  EXPECT_EQ(key.ShortName(), "01ab");
}

}  // namespace
}  // namespace shoal
