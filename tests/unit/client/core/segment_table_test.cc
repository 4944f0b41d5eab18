#include "client/core/segment_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shoal::core {
namespace {

SegmentKey Key(char c) { return *SegmentKey::FromBytes(std::string(8, c)); }

// A playlist of 2 s segments, one a letter of `keys`.
PlaylistLoaded Playlist(std::uint64_t first, const std::string& keys) {
  PlaylistLoaded playlist{
      .stream = 1, .first_sequence = first, .target_duration = Seconds(2), .segments = {}};
  for (char c : keys) playlist.segments.push_back({.key = Key(c), .duration = Seconds(2)});
  return playlist;
}

class SegmentTableTest : public testing::Test {
 protected:
  // Loads a playlist; returns the numbers that were discarded.
  std::vector<std::uint64_t> Load(const PlaylistLoaded& playlist) {
    std::vector<std::uint64_t> discarded;
    changed_ =
        table_.Update(playlist, [&](Segment& segment) { discarded.push_back(segment.sequence); });
    return discarded;
  }
  // The numbers in the table.
  std::vector<std::uint64_t> Numbers() const {
    std::vector<std::uint64_t> numbers;
    for (const auto& [sequence, segment] : table_.segments()) numbers.push_back(sequence);
    return numbers;
  }

  SegmentTable table_;
  bool changed_ = false;
};

TEST_F(SegmentTableTest, FollowsASlidingWindow) {
  EXPECT_TRUE(Load(Playlist(10, "abc")).empty());
  EXPECT_TRUE(Load(Playlist(11, "bcd")).empty());
  EXPECT_TRUE(changed_);
  EXPECT_EQ(Numbers(), (std::vector<std::uint64_t>{11, 12, 13}));
}

TEST_F(SegmentTableTest, SaysWhenNothingChanged) {
  Load(Playlist(10, "abc"));
  EXPECT_TRUE(changed_);
  Load(Playlist(10, "abc"));
  EXPECT_FALSE(changed_);
}

TEST_F(SegmentTableTest, FindsByKeyAgainAndAgainUntilItIsGone) {
  Load(Playlist(10, "abc"));
  for (int i = 0; i < 3; ++i) {
    for (char c : {'a', 'b', 'c'})
      EXPECT_EQ(table_.FindKey(Key(c)), table_.Find(10u + static_cast<std::uint64_t>(c - 'a')));
  }
  table_.Erase(10);
  EXPECT_EQ(table_.FindKey(Key('a')), nullptr);
  EXPECT_EQ(table_.FindKey(Key('b')), table_.Find(11));
}

TEST_F(SegmentTableTest, NoticesTheEnd) {
  Load(Playlist(0, "abc"));
  PlaylistLoaded ended = Playlist(0, "abc");
  ended.ended = true;
  Load(ended);
  EXPECT_TRUE(changed_);
  EXPECT_TRUE(table_.ended());
}

TEST_F(SegmentTableTest, KeepsWhatLeftThePlaylistWhileItWasWorkedOn) {
  Load(Playlist(10, "abc"));
  table_.Find(10)->entered = TimePoint(Seconds(1));
  Load(Playlist(12, "cde"));
  EXPECT_EQ(Numbers(), (std::vector<std::uint64_t>{10, 12, 13, 14}));
  EXPECT_FALSE(table_.Find(10)->listed);
}

TEST_F(SegmentTableTest, DiscardsEverythingWhenTheSequenceRunsBackwards) {
  Load(Playlist(100, "abc"));
  EXPECT_EQ(Load(Playlist(0, "xyz")), (std::vector<std::uint64_t>{100, 101, 102}));
  EXPECT_EQ(Numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_F(SegmentTableTest, TakesAnOlderCopyOfThePlaylistForWhatItIs) {
  Load(Playlist(10, "abcd"));
  EXPECT_TRUE(Load(Playlist(9, "_abc")).empty());
}

TEST_F(SegmentTableTest, DiscardsANumberThatNowMeansAnotherSegment) {
  Load(Playlist(10, "abc"));
  EXPECT_EQ(Load(Playlist(10, "aXc")), (std::vector<std::uint64_t>{11}));
  EXPECT_EQ(table_.Find(11)->key, Key('X'));
  EXPECT_EQ(table_.FindKey(Key('b')), nullptr);
}

TEST_F(SegmentTableTest, DiscardsTheOldBytesOfANameUsedAgain) {
  Load(Playlist(10, "abc"));
  table_.Find(10)->entered = TimePoint(Seconds(1));
  EXPECT_EQ(Load(Playlist(11, "bca")), (std::vector<std::uint64_t>{10}));
  EXPECT_EQ(table_.FindKey(Key('a'))->sequence, 13u);
}

TEST_F(SegmentTableTest, AssumesTheLengthOfTheSegmentBeforeScaledByDuration) {
  Load(Playlist(0, "abc"));
  table_.Find(0)->SetLength(1000, LengthSource::kCdn);
  table_.Find(2)->duration = Seconds(4);
  table_.AssumeLength(*table_.Find(2));
  EXPECT_EQ(table_.Find(2)->length, 2000u);
  EXPECT_FALSE(table_.Find(2)->length_known());
}

TEST_F(SegmentTableTest, AssumesNoLengthWhenNoneIsKnown) {
  Load(Playlist(0, "ab"));
  table_.AssumeLength(*table_.Find(1));
  EXPECT_EQ(table_.Find(1)->length_source, LengthSource::kNone);
}

TEST_F(SegmentTableTest, MeasuresMediaBetweenSegments) {
  Load(Playlist(5, "abcd"));
  EXPECT_EQ(table_.MediaBetween(6, 8), Seconds(4));
  EXPECT_EQ(table_.MediaBetween(8, 6), Duration::zero());
}

// ---- One segment ----

Segment MakeSegment() { return Segment(1, {.key = Key('a'), .duration = Seconds(2)}); }

TEST(Segment, CountsTheLastPieceByItsOwnSize) {
  Segment segment = MakeSegment();
  segment.SetLength(2 * kPieceSize + 10, LengthSource::kCdn);
  ASSERT_EQ(segment.pieces.size(), 3u);
  EXPECT_EQ(segment.PieceSize(2), 10u);
  segment.SetProgress(2, 10, TimePoint{});
  EXPECT_TRUE(segment.PieceComplete(2));
  EXPECT_FALSE(segment.complete());
}

TEST(Segment, IsCompleteWithAllItsPieces) {
  Segment segment = MakeSegment();
  segment.SetLength(kPieceSize + 1, LengthSource::kPeer);
  segment.SetProgress(0, kPieceSize, TimePoint{});
  segment.SetProgress(1, 1, TimePoint{});
  EXPECT_TRUE(segment.complete());
  EXPECT_EQ(segment.missing_bytes(), 0u);
}

TEST(Segment, OfNoBytesIsCompleteAtOnce) {
  Segment segment = MakeSegment();
  segment.SetLength(0, LengthSource::kCdn);
  EXPECT_TRUE(segment.complete());
}

TEST(Segment, KeepsItsPiecesWhenTheAssumedLengthIsCorrected) {
  Segment segment = MakeSegment();
  segment.SetLength(3 * kPieceSize, LengthSource::kAssumed);
  segment.SetProgress(0, kPieceSize, TimePoint{});
  EXPECT_TRUE(segment.SetLength(kPieceSize + 7, LengthSource::kCdn));
  EXPECT_EQ(segment.pieces.size(), 2u);
  EXPECT_TRUE(segment.PieceComplete(0));
  EXPECT_EQ(segment.held_bytes(), kPieceSize);
}

TEST(Segment, BelievesTheCdnOverPeersAndPeersOverAssumptions) {
  Segment segment = MakeSegment();
  EXPECT_TRUE(segment.SetLength(100, LengthSource::kCdn));
  EXPECT_FALSE(segment.SetLength(200, LengthSource::kPeer));
  EXPECT_EQ(segment.length, 100u);
}

TEST(Segment, TellsQuarters) {
  Segment segment = MakeSegment();
  segment.SetLength(kPieceSize, LengthSource::kCdn);
  const auto state = [&](std::uint32_t progress) {
    segment.SetProgress(0, progress, TimePoint{});
    return segment.StateOf(0);
  };
  EXPECT_EQ(segment.StateOf(0), PieceState::kNone);
  EXPECT_EQ(state(1), PieceState::kReceiving);
  EXPECT_EQ(state(kPieceSize / 4), PieceState::kQuarter);
  EXPECT_EQ(state(kPieceSize / 2), PieceState::kHalf);
  EXPECT_EQ(state(kPieceSize / 4 * 3), PieceState::kThreeQuarters);
  EXPECT_EQ(state(kPieceSize), PieceState::kComplete);
}

TEST(Segment, NeverSaysMoreThanItHolds) {
  for (const std::uint32_t size : {1u, 2u, 3u, 5u, 1000u, kPieceSize}) {
    Segment segment = MakeSegment();
    segment.SetLength(size, LengthSource::kCdn);
    for (std::uint32_t progress = 0; progress <= size; progress += std::max(1u, size / 7)) {
      segment.SetProgress(0, progress, TimePoint{});
      EXPECT_LE(BytesAtLeast(segment.StateOf(0), size), progress) << size;
    }
  }
}

}  // namespace
}  // namespace shoal::core
