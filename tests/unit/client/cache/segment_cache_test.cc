#include "client/cache/segment_cache.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"

namespace shoal::cache {
namespace {

constexpr core::SegmentRef kSegment{.stream = 1, .sequence = 7};
constexpr std::uint64_t kBudget = 4 * kBlockSize;

// What is held from `offset` on up to the first gap, across blocks.
std::string ReadRun(const SegmentCache& cache, const core::SegmentRef& segment,
                    std::uint64_t offset) {
  std::string bytes;
  for (;;) {
    const absl::string_view view = cache.Read(segment, offset + bytes.size(), UINT64_MAX);
    if (view.empty()) return bytes;
    bytes.append(view.data(), view.size());
  }
}

TEST(SegmentCache, ReadsWhatWasStored) {
  SegmentCache cache(kBudget);
  ASSERT_TRUE(cache.Store(kSegment, 10, "hello").ok());
  EXPECT_EQ(cache.Read(kSegment, 10, 100), "hello");
  EXPECT_EQ(cache.Read(kSegment, 12, 2), "ll");
  EXPECT_EQ(cache.Read(kSegment, 9, 100), "");
  EXPECT_EQ(cache.Read(kSegment, 15, 100), "");
}

TEST(SegmentCache, FirstCopyOfAByteStays) {
  SegmentCache cache(kBudget);
  ASSERT_TRUE(cache.Store(kSegment, 2, "AAA").ok());
  ASSERT_TRUE(cache.Store(kSegment, 0, "bbbbbbb").ok());
  EXPECT_EQ(cache.Read(kSegment, 0, 100), "bbAAAbb");
  EXPECT_EQ(cache.bytes_held(), 7u);
  EXPECT_EQ(cache.figures().bytes_repeated, 3u);
}

TEST(SegmentCache, StoresAcrossBlocksAndReadsWithinOne) {
  SegmentCache cache(kBudget);
  std::string bytes(kBlockSize + 100, 'x');
  bytes[kBlockSize - 50] = 'y';
  ASSERT_TRUE(cache.Store(kSegment, 50, bytes).ok());
  EXPECT_EQ(cache.Read(kSegment, 50, UINT64_MAX).size(), kBlockSize - 50);
  EXPECT_EQ(cache.Read(kSegment, kBlockSize, UINT64_MAX).size(), 150u);
  EXPECT_EQ(ReadRun(cache, kSegment, 50), bytes);
  EXPECT_EQ(cache.RunEnd(kSegment, 50), 50 + bytes.size());
}

TEST(SegmentCache, HasOnlyWhatIsHeldWithoutGap) {
  SegmentCache cache(kBudget);
  ASSERT_TRUE(cache.Store(kSegment, 0, "abc").ok());
  ASSERT_TRUE(cache.Store(kSegment, 4, "efg").ok());
  EXPECT_TRUE(cache.Has(kSegment, {0, 3}));
  EXPECT_FALSE(cache.Has(kSegment, {0, 5}));
  EXPECT_FALSE(cache.Has({.stream = 1, .sequence = 8}, {0, 1}));
  EXPECT_TRUE(cache.Has({.stream = 1, .sequence = 8}, {5, 5}));
  EXPECT_EQ(cache.SegmentBytes(kSegment), 6u);
}

TEST(SegmentCache, DropForgetsTheSegmentAndNoOther) {
  SegmentCache cache(kBudget);
  const core::SegmentRef other{.stream = 1, .sequence = 8};
  ASSERT_TRUE(cache.Store(kSegment, 0, "abc").ok());
  ASSERT_TRUE(cache.Store(other, 0, "defg").ok());
  cache.Drop(kSegment);
  EXPECT_EQ(cache.Read(kSegment, 0, 100), "");
  EXPECT_EQ(cache.Read(other, 0, 100), "defg");
  EXPECT_EQ(cache.bytes_held(), 4u);
  EXPECT_EQ(cache.figures().bytes_in_use, kBlockSize);
}

TEST(SegmentCache, ADroppedSegmentMayComeBackWithOtherBytes) {
  SegmentCache cache(kBudget);
  ASSERT_TRUE(cache.Store(kSegment, 0, "old").ok());
  cache.Drop(kSegment);
  ASSERT_TRUE(cache.Store(kSegment, 0, "new").ok());
  EXPECT_EQ(cache.Read(kSegment, 0, 100), "new");
}

TEST(SegmentCache, DropStreamForgetsAllItsSegments) {
  SegmentCache cache(kBudget);
  for (std::uint32_t stream = 1; stream <= 3; ++stream) {
    ASSERT_TRUE(cache.Store({.stream = stream, .sequence = 0}, 0, "a").ok());
  }
  ASSERT_TRUE(cache.Store({.stream = 2, .sequence = UINT64_MAX}, 0, "b").ok());
  cache.DropStream(2);
  EXPECT_EQ(cache.figures().segments, 2u);
  EXPECT_FALSE(cache.Has({.stream = 2, .sequence = UINT64_MAX}, {0, 1}));
  EXPECT_TRUE(cache.Has({.stream = 3, .sequence = 0}, {0, 1}));
}

TEST(SegmentCache, RefusesWhatWouldPassTheMemoryLimitAndKeepsNoneOfIt) {
  SegmentCache cache(kBudget);  // the limit is eight blocks
  const std::string block(kBlockSize, 'x');
  for (std::uint64_t i = 0; i < 7; ++i) {
    ASSERT_TRUE(cache.Store(kSegment, i * kBlockSize, block).ok());
  }
  const absl::Status status = cache.Store(kSegment, 7 * kBlockSize - 1, "x" + block + "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(cache.bytes_held(), 7 * kBlockSize);
  EXPECT_EQ(cache.figures().stores_refused, 1u);
  EXPECT_TRUE(cache.Store(kSegment, 7 * kBlockSize, block).ok());
}

TEST(SegmentCache, TakesNewBytesIntoBlocksItHoldsEvenAtTheLimit) {
  SegmentCache cache(kBlockSize);  // the limit is two blocks
  ASSERT_TRUE(cache.Store(kSegment, 0, "a").ok());
  ASSERT_TRUE(cache.Store(kSegment, kBlockSize, "b").ok());
  EXPECT_TRUE(cache.Store(kSegment, 1, "c").ok());
  EXPECT_FALSE(cache.Store({.stream = 2, .sequence = 0}, 0, "d").ok());
  EXPECT_EQ(cache.figures().segments, 1u);
}

TEST(SegmentCache, RefusesOffsetsThatNoSharedSegmentHas) {
  SegmentCache cache(kBudget);
  EXPECT_TRUE(cache.Store(kSegment, kSegmentBytesMax - 1, "a").ok());
  EXPECT_EQ(cache.Store(kSegment, kSegmentBytesMax - 1, "ab").code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(cache.Store(kSegment, UINT64_MAX, "a").code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(cache.bytes_held(), 1u);
}

TEST(SegmentCache, StoringNothingLeavesNoTrace) {
  SegmentCache cache(kBudget);
  EXPECT_TRUE(cache.Store(kSegment, 0, "").ok());
  EXPECT_EQ(cache.figures().segments, 0u);
}

}  // namespace
}  // namespace shoal::cache
