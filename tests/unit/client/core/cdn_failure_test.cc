// What a client does when its CDN fails on bytes that linked peers may have.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/unit/client/core/client_bench.h"

namespace shoal::core {
namespace {

constexpr LinkId kPeer = 1;
constexpr std::uint64_t kPieces = 6;
constexpr std::uint64_t kLength = kPieces * kPieceSize;

// Plays segment 0 and waits for segment 1, which the peer is receiving; its time is nearly up, so
// that the first of its pieces, but not all, were handed off.
class CdnFailure : public ClientBench {
 protected:
  void SetUp() override {
    StartPlaying();
    AnswerAll(kLength);
    Link(kPeer);
    Feed(PlayerServed{1});
    HearAll(PieceState::kReceiving);
    Load(0, 2, false);
    Ask(2, 1);
    for (int i = 0; i < 1500 && Open(1) == nullptr; ++i) {
      Pass(Milliseconds(1));
      if (i % 100 == 0) HearAll(PieceState::kReceiving);
    }
    ASSERT_NE(Open(1), nullptr);
    ASSERT_EQ(answers_[2], "");
  }
  void HearAll(PieceState state) {
    std::vector<PieceNews> pieces;
    for (PieceIndex i = 0; i < kPieces; ++i) pieces.push_back({i, state});
    HearHeld(kPeer, 1, kLength, std::move(pieces));
  }
  void PlayOutPulls() {
    for (std::uint64_t i = 0; i < kPieces; ++i) {
      Pass(Milliseconds(10));
      ServePulls(kLength);
    }
  }
};

TEST_F(CdnFailure, OfARefusalWaitsForThePeerThatIsAhead) {
  HearAll(PieceState::kComplete);
  FailAll(FetchOutcome::kHttpError, 404);
  EXPECT_EQ(answers_[2], "");
  EXPECT_EQ(Open(1), nullptr) << "asks again who refused, instead of who has it";
  PlayOutPulls();
  EXPECT_EQ(answers_[2], "release");
  EXPECT_EQ(stored_[1], kLength);
}

TEST_F(CdnFailure, OfARefusalWaitsForThePeerThatIsReceiving) {
  FailAll(FetchOutcome::kHttpError, 404);
  EXPECT_EQ(answers_[2], "");
  EXPECT_EQ(Open(1), nullptr);
}

TEST_F(CdnFailure, OfARefusalIsPassedOnWhenThePeersLackAPiece) {
  HearHeld(kPeer, 1, kLength, {{kPieces - 1, PieceState::kStalled}});
  FailAll(FetchOutcome::kHttpError, 404);
  EXPECT_EQ(answers_[2], "fail 404");
}

TEST_F(CdnFailure, OfARefusalIsPassedOnOnceThePeerIsGone) {
  FailAll(FetchOutcome::kHttpError, 404);
  ASSERT_EQ(answers_[2], "");
  Feed(LinkClosed{kPeer});
  Pass(Milliseconds(30));
  EXPECT_EQ(answers_[2], "fail 404");
}

TEST_F(CdnFailure, OfARefusalIsPassedOnOnceTheTimeIsUp) {
  FailAll(FetchOutcome::kHttpError, 404);
  ASSERT_EQ(answers_[2], "");
  for (int i = 0; i < 20 && answers_[2].empty(); ++i) {  // the peer never delivers
    Pass(Milliseconds(100));
    HearAll(PieceState::kReceiving);
    FailAll(FetchOutcome::kHttpError, 404);
  }
  EXPECT_EQ(answers_[2], "fail 404");
}

TEST_F(CdnFailure, LeavesTheBytesToPeersUntilItIsAskedAgain) {
  HearAll(PieceState::kComplete);
  FailAll(FetchOutcome::kHttpError, 503);
  Pass(Milliseconds(20));
  EXPECT_EQ(Open(1), nullptr);
  PlayOutPulls();
  EXPECT_EQ(answers_[2], "release");
  EXPECT_EQ(Figures().pieces_from_peers, kPieces);
}

}  // namespace
}  // namespace shoal::core
