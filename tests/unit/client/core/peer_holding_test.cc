#include "client/core/peer_holding.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "common/random/random.h"

namespace shoal::core {
namespace {

constexpr PieceIndex kFew = PeerHolding::kPiecesInline;

TEST(PeerHolding, HoldsNothingAtFirst) {
  const PeerHolding held{};
  EXPECT_EQ(held.StateOf(0), PieceState::kNone);
  EXPECT_EQ(held.StateOf(kPiecesPerSegmentMax - 1), PieceState::kNone);
}

TEST(PeerHolding, RemembersEachPieceHoweverManyThereAre) {
  for (const PieceIndex pieces : {kFew, kFew + 1, 100u, kPiecesPerSegmentMax}) {
    PeerHolding held;
    std::vector<PieceState> said(pieces, PieceState::kNone);
    Random random(pieces);
    for (int i = 0; i < 3000; ++i) {
      const auto piece = static_cast<PieceIndex>(random.Below(pieces));
      said[piece] = static_cast<PieceState>(random.Below(8));
      held.Set(piece, said[piece]);
    }
    for (PieceIndex i = 0; i < pieces; ++i) ASSERT_EQ(held.StateOf(i), said[i]) << i;
  }
}

TEST(PeerHolding, CompleteStandsForAllPieces) {
  PeerHolding held;
  held.Set(3, PieceState::kHalf);
  held.complete = true;
  EXPECT_EQ(held.StateOf(3), PieceState::kComplete);
  EXPECT_EQ(held.StateOf(1000), PieceState::kComplete);
}

TEST(PeerHolding, ClearForgetsThePiecesOnly) {
  PeerHolding held;
  held.length = 77;
  held.Set(100, PieceState::kHalf);
  held.Set(1, PieceState::kHalf);
  held.Clear();
  EXPECT_EQ(held.StateOf(100), PieceState::kNone);
  EXPECT_EQ(held.StateOf(1), PieceState::kNone);
  EXPECT_EQ(held.length, 77u);
}

TEST(PeerHolding, MovesWithWhatItHolds) {
  for (const PieceIndex piece : {1u, 100u}) {
    PeerHolding held;
    held.length = 5;
    held.Set(piece, PieceState::kQuarter);
    PeerHolding moved(std::move(held));
    EXPECT_EQ(moved.StateOf(piece), PieceState::kQuarter);
    EXPECT_EQ(moved.length, 5u);
    PeerHolding other;
    other.Set(200, PieceState::kHalf);
    other = std::move(moved);
    EXPECT_EQ(other.StateOf(piece), PieceState::kQuarter);
  }
}

}  // namespace
}  // namespace shoal::core
