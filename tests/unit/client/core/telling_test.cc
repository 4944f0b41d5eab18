// What a client tells its peers of what it seeds and holds, and what it makes of the same from them.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "client/core/lottery.h"
#include "client/core/teller.h"
#include "tests/unit/client/core/client_bench.h"

namespace shoal::core {
namespace {

constexpr LinkId kPeer = 1;
constexpr LinkId kOther = 2;
constexpr PieceIndex kPieces = 9;
constexpr std::uint64_t kLength = kPieces * kPieceSize;

class Telling : public ClientBench {
 protected:
  // The player has segment 0; two peers are linked that hold it, too.
  void Play() {
    StartPlaying();
    AnswerAll(kLength);
    Feed(PlayerServed{1});
    for (const LinkId link : {kPeer, kOther}) {
      Link(link);
      HearComplete(link, 0, kLength);
    }
    Pass(Milliseconds(20));
    told_.clear();
  }
  void SayOfAll(LinkId link, std::uint64_t sequence, PieceState state) {
    PieceNewsList news;
    for (PieceIndex i = 0; i < kPieces; ++i) news.push_back({i, state});
    HearHeld(link, sequence, kLength, news);
  }
  // The pieces of segment 1 that are asked of the CDN.
  std::set<PieceIndex> Asked() const {
    std::set<PieceIndex> pieces;
    for (const auto& [id, fetch] : open_) {
      if (fetch.segment.sequence != 1) continue;
      for (PieceIndex i = 0; i < kPieces; ++i) {
        if (fetch.range.begin <= i * kPieceSize && i * kPieceSize < fetch.range.end) {
          pieces.insert(i);
        }
      }
    }
    return pieces;
  }
  // Those of which `link` was told this.
  std::set<PieceIndex> Told(LinkId link, PieceState state) const {
    std::set<PieceIndex> pieces;
    for (const auto& [to, segment] : told_) {
      if (to != link || segment.key != Key(1)) continue;
      for (const PieceNews& news : segment.pieces) {
        if (news.state == state) pieces.insert(news.piece);
      }
    }
    return pieces;
  }
};

TEST_F(Telling, EverybodyHearsAtOnceWhatIsSeeded) {
  Play();
  Load(0, 2, false);
  Pass(2 * Teller::kTellGrid);
  const std::set<PieceIndex> asked = Asked();
  ASSERT_FALSE(asked.empty()) << "the lottery gave this client nothing of the segment";
  EXPECT_EQ(Told(kPeer, PieceState::kSeeding), asked);
  EXPECT_EQ(Told(kOther, PieceState::kSeeding), asked);
}

TEST_F(Telling, TheFirstByteOfWhatIsSeededIsToldSoon) {
  Play();
  Load(0, 2, false);
  Pass(2 * Teller::kTellGrid);
  const std::set<PieceIndex> asked = Asked();
  ASSERT_FALSE(asked.empty());
  Begin(kLength, 1000);
  Pass(Teller::kTellAfterMax + Teller::kTellGrid);
  EXPECT_EQ(Told(kPeer, PieceState::kReceiving), std::set<PieceIndex>{*asked.begin()});
}

TEST_F(Telling, SeedingThatBringsNothingIsSaidToStandStill) {
  Play();
  Load(0, 2, false);
  Pass(2 * Teller::kTellGrid);
  const std::set<PieceIndex> asked = Asked();
  Pass(Teller::kStalledAfter + Teller::kTellAfterMax + Teller::kTellGrid);
  const std::set<PieceIndex> told = Told(kPeer, PieceState::kStalled);
  EXPECT_TRUE(std::includes(told.begin(), told.end(), asked.begin(), asked.end()));
}

TEST_F(Telling, WhoDoesNotUploadTellsOfWholePiecesOnly) {
  CoreConfig config;
  config.max_upload_bytes_per_second = 0;
  Start(config);
  Load(0, 1, false);
  Ask(1, 0);
  AnswerAll(kLength);
  Feed(PlayerServed{1});
  Link(kPeer);
  Link(kOther);
  told_.clear();
  Load(0, 2, false);
  HearComplete(kPeer, 1, kLength);
  Ask(2, 1);
  Pass(Milliseconds(20));
  ASSERT_FALSE(pulls_.empty());
  const auto [key, pull] = *pulls_.begin();
  Hear(kPeer, Data{pull.pull, 0, kDataPayloadMax});
  Pass(2 * Teller::kTellOfNoUse);
  EXPECT_TRUE(Told(kOther, PieceState::kReceiving).empty());
  for (std::uint32_t at = kDataPayloadMax; at < kPieceSize; at += kDataPayloadMax) {
    Hear(kPeer, Data{pull.pull, at, std::min(kDataPayloadMax, kPieceSize - at)});
  }
  Pass(2 * Teller::kTellOfNoUse);
  EXPECT_EQ(Told(kOther, PieceState::kComplete), std::set<PieceIndex>{pull.piece});
}

TEST_F(Telling, SeedingThatFailsIsSaidToStandStill) {
  Play();
  Load(0, 2, false);
  Pass(2 * Teller::kTellGrid);
  const std::set<PieceIndex> asked = Asked();
  FailAll(FetchOutcome::kHttpError, 503);
  Pass(Teller::kTellAfterMax + Teller::kTellGrid);
  EXPECT_EQ(Told(kPeer, PieceState::kStalled), asked);
}

TEST_F(Telling, WhatAPeerSeedsIsLeftToIt) {
  Play();
  SayOfAll(kPeer, 1, PieceState::kSeeding);
  Load(0, 2, false);
  SayOfAll(kPeer, 1, PieceState::kSeeding);
  Pass(Milliseconds(900));
  EXPECT_TRUE(Asked().empty());
  EXPECT_TRUE(pulls_.empty()) << "nothing can be had of it yet";
}

TEST_F(Telling, WhatAPeerCouldNotSeedIsSeeded) {
  Play();
  Load(0, 1, false);
  SayOfAll(kPeer, 1, PieceState::kSeeding);
  SayOfAll(kPeer, 1, PieceState::kStalled);
  Load(0, 2, false);
  Pass(2 * Teller::kTellGrid);
  EXPECT_FALSE(Asked().empty());
}

TEST_F(Telling, WhatAPeerFailsToSeedIsNotHeldBackFor) {
  Play();
  Load(0, 2, false);
  SayOfAll(kPeer, 1, PieceState::kSeeding);
  Pass(Teller::kStalledAfter);
  SayOfAll(kPeer, 1, PieceState::kStalled);
  // Now it is this client's turn for whatever it is next in line for.
  Pass(LotteryPolicy::kAllKnown.grace + LotteryPolicy::kAllKnown.doubling);
  const std::set<PieceIndex> asked = Asked();
  EXPECT_GT(asked.size(), std::size_t{kPieces} / 2);
}

TEST_F(Telling, ALengthThatThePeerKnowsIsNotRepeated) {
  Play();
  HearHeld(kPeer, 1, kLength, {});
  Load(0, 2, false);
  Pass(2 * Teller::kTellGrid);
  bool other_was_told = false;
  for (const auto& [link, segment] : told_) {
    if (segment.key != Key(1) || segment.pieces.empty()) continue;
    if (link == kPeer) {
      EXPECT_EQ(segment.length, 0u);
    } else {
      other_was_told = other_was_told || segment.length == kLength;
    }
  }
  EXPECT_TRUE(other_was_told);
}

}  // namespace
}  // namespace shoal::core
