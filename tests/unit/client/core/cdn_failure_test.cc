// What a client does when its CDN fails on bytes that linked peers may have.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "client/core/cdn_estimate.h"
#include "client/core/handoff.h"
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
    PieceNewsList pieces;
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

// ---- Bodies that stand still -------------------------------------------------------------------

// The first segment's body has begun and goes no further.
class CdnStall : public ClientBench {
 protected:
  void SetUp() override {
    StartPlaying(2);
    stalled_ = Begin(kLength, kPieceSize + 1000);
    ASSERT_EQ(answers_[1], "release");
  }
  FetchId stalled_ = 0;
};

TEST_F(CdnStall, IsAskedForTheRestAgain) {
  Pass(Seconds(1));
  EXPECT_FALSE(open_.contains(stalled_));
  ASSERT_NE(Open(0), nullptr);
  EXPECT_EQ(Open(0)->range, (ByteRange{kPieceSize + 1000, kLength}));
  AnswerAll(kLength, 0);
  EXPECT_EQ(stored_[0], kLength);
  EXPECT_EQ(answers_[1], "release");
}

TEST_F(CdnStall, IsGivenTheTimeThatItNeedsToAnswer) {
  Pass(CdnEstimate::kStallPatienceMin - Milliseconds(1));
  EXPECT_TRUE(open_.contains(stalled_));
}

TEST_F(CdnStall, OfATransferThatHasNotBegunIsLeftAlone) {
  Pass(Seconds(1));
  const FetchId again = Open(0)->fetch;
  Pass(Seconds(3));
  EXPECT_TRUE(open_.contains(again)) << "no byte of it came yet: this is no stall";
}

TEST_F(CdnStall, IsGivenUpAFewTimesOnly) {
  std::uint32_t given_up = 0;
  for (int i = 0; i < 10; ++i) {
    const FetchId fetch = Open(0)->fetch;
    if (i > 0) Feed(CdnBytes{fetch, 100});
    Pass(CdnEstimate::kStallPatienceMax + Milliseconds(100));
    if (!open_.contains(fetch)) ++given_up;
  }
  EXPECT_EQ(given_up, Handoff::kStallsMax);
}

// Segment 0 was played; the body of segment 1, which nobody waits for yet, stands still.
class CdnStallOfASeed : public ClientBench {
 protected:
  void SetUp() override {
    StartPlaying(2);
    AnswerAll(kLength, 0);
    Feed(PlayerServed{1});
    Pass(Milliseconds(100));
    ASSERT_NE(Open(1), nullptr);
    seeding_ = Begin(kLength, 100);
  }
  FetchId seeding_ = 0;
};

TEST_F(CdnStallOfASeed, IsWaitedOut) {
  Pass(CdnEstimate::kStallPatienceMax + Seconds(1));
  EXPECT_TRUE(open_.contains(seeding_));
}

TEST_F(CdnStallOfASeed, IsGivenUpOnceTheTimeOfAPlayerNeedsIt) {
  Ask(2, 1);
  Pass(CdnEstimate::kStallPatienceMax);
  EXPECT_FALSE(open_.contains(seeding_));
  ASSERT_NE(Open(1), nullptr);
  EXPECT_EQ(Open(1)->range, (ByteRange{100, kLength}));
}

TEST_F(CdnStallOfASeed, IsGivenUpForAPeerThatHasIt) {
  Link(kPeer);
  HearComplete(kPeer, 1, kLength);
  Pass(CdnEstimate::kStallPatienceMin + Milliseconds(50));
  EXPECT_FALSE(open_.contains(seeding_));
  for (std::uint64_t i = 0; i < kPieces; ++i) {
    ServePulls(kLength);
    Pass(Milliseconds(20));
  }
  EXPECT_EQ(stored_[1], kLength);
  EXPECT_EQ(Open(1), nullptr);
}

}  // namespace
}  // namespace shoal::core
