#include "tests/sim/world/held_segments.h"

#include <gtest/gtest.h>

namespace shoal::sim {
namespace {

constexpr core::SegmentRef kSegment{1, 7};
constexpr std::uint64_t kLength = 100'000;  // two pieces: 61,440 and 38,560 bytes

TEST(HeldSegments, KeepsAPrefixOfEachPiece) {
  HeldSegments held;
  EXPECT_EQ(held.Store(kSegment, 0, 10'000, kLength), "");
  EXPECT_EQ(held.Store(kSegment, core::kPieceSize, 5'000, kLength), "");
  EXPECT_EQ(held.Store(kSegment, 10'000, 51'440, kLength), "");
  EXPECT_EQ(held.Prefix(kSegment), core::kPieceSize + 5'000);
  EXPECT_EQ(held.bytes(), core::kPieceSize + 5'000);
}

TEST(HeldSegments, SeesGapsRepetitionsAndBytesBeyondTheEnd) {
  HeldSegments held;
  EXPECT_EQ(held.Store(kSegment, 0, 10'000, kLength), "");
  EXPECT_NE(held.Store(kSegment, 0, 10'000, kLength), "") << "twice";
  EXPECT_NE(held.Store(kSegment, 11'000, 10, kLength), "") << "a gap";
  EXPECT_NE(held.Store(kSegment, 10'000, 52'000, kLength), "") << "over the piece's end";
  EXPECT_NE(held.Store(kSegment, core::kPieceSize, 40'000, kLength), "") << "over the segment's";
  EXPECT_EQ(held.bytes(), 10'000u);
}

TEST(HeldSegments, SeesWhatIsSentAndNotHeld) {
  HeldSegments held;
  EXPECT_EQ(held.Store(kSegment, 0, 10'000, kLength), "");
  EXPECT_EQ(held.CheckHeld(kSegment, 5'000, 5'000), "");
  EXPECT_NE(held.CheckHeld(kSegment, 5'000, 5'001), "");
  EXPECT_NE(held.CheckHeld({1, 8}, 0, 1), "");
}

TEST(HeldSegments, SeesWhatIsFetchedTwice) {
  HeldSegments held;
  EXPECT_EQ(held.BeginFetch(kSegment, 1, {0, 50'000}, kLength), "");
  EXPECT_NE(held.BeginFetch(kSegment, 2, {49'999, 60'000}, kLength), "") << "under way";
  EXPECT_EQ(held.BeginFetch(kSegment, 3, {60'000, UINT64_MAX}, kLength), "");
  held.Fetched(1, 20'000);
  held.EndFetch(1);
  EXPECT_EQ(held.BeginFetch(kSegment, 4, {20'000, 49'000}, kLength), "") << "it never came";
  EXPECT_NE(held.BeginFetch(kSegment, 5, {19'999, 20'000}, kLength), "") << "it came";
}

TEST(HeldSegments, AllowsEverythingAgainOnceDropped) {
  HeldSegments held;
  EXPECT_EQ(held.BeginFetch(kSegment, 1, {0, 50'000}, kLength), "");
  held.Fetched(1, 50'000);
  held.EndFetch(1);
  EXPECT_EQ(held.Store(kSegment, 0, 50'000, kLength), "");
  held.Drop(kSegment);
  EXPECT_EQ(held.bytes(), 0u);
  EXPECT_EQ(held.Prefix(kSegment), 0u);
  EXPECT_EQ(held.BeginFetch(kSegment, 2, {0, 50'000}, kLength), "");
  EXPECT_EQ(held.Store(kSegment, 0, 10, kLength), "");
  held.DropStream(kSegment.stream);
  EXPECT_EQ(held.bytes(), 0u);
}

}  // namespace
}  // namespace shoal::sim
