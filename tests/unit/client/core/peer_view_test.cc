#include "client/core/peer_view.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace shoal::core {
namespace {

SegmentKey Key(std::uint64_t n) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &n, 8);
  return *SegmentKey::FromBytes(bytes);
}

// Draws what is held of a segment, one character a piece: . none, r receiving, 1 2 3 quarters, # complete,
// s stalled.
std::string Drawn(const PeerView& view, std::uint64_t key, PieceIndex pieces) {
  const PeerView::Held* held = view.Find(Key(key));
  if (held == nullptr) return "nothing";
  std::string drawn;
  for (PieceIndex i = 0; i < pieces; ++i) {
    drawn += ".r123#s"[static_cast<std::size_t>(held->StateOf(i))];
  }
  return drawn;
}

TEST(PeerView, KnowsNothingOfWhatWasNotSaid) { EXPECT_EQ(Drawn(PeerView(), 1, 3), "nothing"); }

TEST(PeerView, AddsUpNews) {
  PeerView view;
  view.Apply({.key = Key(1), .pieces = {{1, PieceState::kReceiving}}});
  EXPECT_EQ(Drawn(view, 1, 4), ".r..");
  view.Apply({.key = Key(1), .pieces = {{1, PieceState::kComplete}, {3, PieceState::kHalf}}});
  EXPECT_EQ(Drawn(view, 1, 4), ".#.2");
}

TEST(PeerView, TakesCompleteForAllPieces) {
  PeerView view;
  view.Apply({.key = Key(1), .length = 4 * kPieceSize, .complete = true});
  EXPECT_EQ(Drawn(view, 1, 4), "####");
}

TEST(PeerView, ForgetsWhatWasDropped) {
  PeerView view;
  view.Apply({.key = Key(1), .complete = true});
  view.Apply({.key = Key(1), .dropped = true});
  EXPECT_EQ(Drawn(view, 1, 1), "nothing");
}

TEST(PeerView, ForgetsOnePieceOfACompleteSegment) {
  PeerView view;
  view.Apply({.key = Key(1), .length = 4 * kPieceSize, .complete = true});
  view.Forget(Key(1), 2);
  EXPECT_EQ(Drawn(view, 1, 4), "##.#");
}

TEST(PeerView, KeepsTheLengthOnceSaid) {
  PeerView view;
  view.Apply({.key = Key(1), .length = 77, .pieces = {{0, PieceState::kReceiving}}});
  view.Apply({.key = Key(1), .pieces = {{0, PieceState::kComplete}}});
  EXPECT_EQ(view.Find(Key(1))->length, 77u);
}

TEST(PeerView, IgnoresPiecesBeyondTheLimit) {
  PeerView view;
  view.Apply({.key = Key(1), .pieces = {{kPiecesPerSegmentMax, PieceState::kComplete}}});
  ASSERT_NE(view.Find(Key(1)), nullptr);
  EXPECT_EQ(view.Find(Key(1))->StateOf(kPiecesPerSegmentMax), PieceState::kNone);
}

TEST(PeerView, GossipAloneIsNothingHeld) {
  PeerView view;
  view.Apply({.key = Key(1), .gossip = {{0, 1}}});
  EXPECT_EQ(Drawn(view, 1, 1), "nothing");
}

TEST(PeerView, ForgetsTheSegmentsSaidFirstBeyondItsLimit) {
  PeerView view;
  for (std::uint64_t i = 0; i <= PeerView::kSegmentsMax; ++i) {
    view.Apply({.key = Key(i), .complete = true});
  }
  EXPECT_EQ(Drawn(view, 0, 1), "nothing");
  EXPECT_EQ(Drawn(view, 1, 1), "#");
  EXPECT_EQ(Drawn(view, PeerView::kSegmentsMax, 1), "#");
}

TEST(PeerView, CountsASegmentOnceHoweverOftenItIsDroppedAndHeldAgain) {
  PeerView view;
  view.Apply({.key = Key(1000), .complete = true});
  for (std::size_t i = 0; i < 2 * PeerView::kSegmentsMax; ++i) {
    view.Apply({.key = Key(1), .complete = true});
    view.Apply({.key = Key(1), .dropped = true});
  }
  EXPECT_EQ(Drawn(view, 1000, 1), "#");
}

TEST(PeerView, SaysWhatItInvalidates) {
  PeerView view;
  EXPECT_EQ(view.Apply({.key = Key(1), .complete = true}), PeerView::Change::kSegment);
  EXPECT_EQ(view.Apply({.key = Key(1), .complete = true}), PeerView::Change::kPieces);
  EXPECT_EQ(view.Apply({.key = Key(2), .dropped = true}), PeerView::Change::kPieces);
  EXPECT_EQ(view.Apply({.key = Key(1), .dropped = true}), PeerView::Change::kSegment);
  for (std::uint64_t i = 0; i < PeerView::kSegmentsMax; ++i) view.Apply({.key = Key(i)});
  EXPECT_EQ(view.Apply({.key = Key(1000)}), PeerView::Change::kMore);
}

TEST(PeerView, LeavesWhatWasFoundWhereItIsWhileOthersComeAndGo) {
  PeerView view;
  for (std::uint64_t i = 0; i < 100; ++i) {
    view.Apply({.key = Key(i), .length = i + 1, .complete = true});
  }
  const PeerView::Held* const found = view.Find(Key(50));
  for (std::uint64_t i = 0; i < 100; ++i) {
    if (i != 50) view.Apply({.key = Key(i), .dropped = true});
    view.Apply({.key = Key(100 + i), .complete = true});
  }
  EXPECT_EQ(view.Find(Key(50)), found);
  EXPECT_EQ(found->length, 51u);
}

TEST(PeerView, KeepsTheSegmentsSaidFirstWhileThoseDroppedMakeRoom) {
  PeerView view;
  view.Apply({.key = Key(0), .complete = true});
  for (std::uint64_t i = 1; i <= 3 * PeerView::kSegmentsMax; ++i) {
    view.Apply({.key = Key(i), .complete = true});
    view.Apply({.key = Key(i), .dropped = true});
  }
  EXPECT_EQ(Drawn(view, 0, 1), "#");
}

}  // namespace
}  // namespace shoal::core
