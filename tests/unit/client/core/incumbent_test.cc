// Who seeded a piece goes on with the piece of that number of the next segment, in a swarm in which
// nobody knows all members.
#include <gtest/gtest.h>

#include <cstdint>
#include <set>

#include "client/core/lottery.h"
#include "tests/unit/client/core/client_bench.h"

namespace shoal::core {
namespace {

constexpr LinkId kPeer = 1;
constexpr PieceIndex kPieces = 9;
constexpr std::uint64_t kLength = kPieces * kPieceSize;
constexpr std::uint32_t kSwarm = 60;

class Incumbent : public ClientBench {
 protected:
  // The player has segment 0, which a linked peer holds, too: one of many members.
  void Play() {
    StartPlaying();
    AnswerAll(kLength);
    Feed(PlayerServed{1});
    Link(kPeer);
    HearComplete(kPeer, 0, kLength);
    Feed(AnnounceAnswered{Seconds(60),
                          {{.stream = kStream, .swarm_size = kSwarm, .added = {}, .removed = {}}}});
    Pass(Milliseconds(20));
  }
  // The pieces of a segment that are asked of the CDN.
  std::set<PieceIndex> Asked(std::uint64_t sequence) const {
    std::set<PieceIndex> pieces;
    for (const auto& [id, fetch] : open_) {
      if (fetch.segment.sequence != sequence) continue;
      for (PieceIndex i = 0; i < kPieces; ++i) {
        if (fetch.range.begin <= i * kPieceSize && i * kPieceSize < fetch.range.end) {
          pieces.insert(i);
        }
      }
    }
    return pieces;
  }
  // Segment 1 comes: its turn makes this client seed some of it, and the peer has the rest. Returns
  // what it seeded.
  std::set<PieceIndex> SeedSome() {
    Load(0, 2, false);
    for (int i = 0; i < 200 && open_.empty(); ++i) Pass(Milliseconds(10));
    const std::set<PieceIndex> seeded = Asked(1);
    AnswerAll(kLength, 1);
    HearComplete(kPeer, 1, kLength);
    ServePulls(kLength);
    return seeded;
  }
};

TEST_F(Incumbent, OthersWaitForIt) {
  Play();
  Load(0, 2, false);
  Pass(LotteryPolicy::IncumbentGrace(Seconds(2)) - Milliseconds(10));
  EXPECT_TRUE(Asked(1).empty());
}

TEST_F(Incumbent, SeedsTheSamePiecesOfTheNextSegment) {
  Play();
  const std::set<PieceIndex> seeded = SeedSome();
  ASSERT_FALSE(seeded.empty());
  ASSERT_LT(seeded.size(), kPieces) << "handed off, not seeded";
  Load(0, 3, false);
  Pass(LotteryPolicy::IncumbentSpread(Seconds(2)));
  EXPECT_EQ(Asked(2), seeded);
}

TEST_F(Incumbent, YieldsToWhoBeganBefore) {
  Play();
  const std::set<PieceIndex> seeded = SeedSome();
  ASSERT_FALSE(seeded.empty());
  Load(0, 3, false);
  PieceNewsList news;
  for (const PieceIndex i : seeded) news.push_back({i, PieceState::kSeeding});
  HearHeld(kPeer, 2, kLength, news);
  Pass(LotteryPolicy::IncumbentSpread(Seconds(2)));
  EXPECT_TRUE(Asked(2).empty());
  HearComplete(kPeer, 2, kLength);
  ServePulls(kLength);
  Load(0, 4, false);
  Pass(LotteryPolicy::IncumbentSpread(Seconds(2)));
  EXPECT_TRUE(Asked(3).empty()) << "it is the peer that is the incumbent now";
}

TEST_F(Incumbent, IsNotNeededForWhatNobodyHadBefore) {
  // Of segment 0 somebody has all, of those after it nobody has anything. Of one of them at least
  // this client's turn comes soon.
  Play();
  Load(0, 9, false);
  Pass(LotteryPolicy::IncumbentGrace(Seconds(2)) - Milliseconds(10));
  EXPECT_TRUE(Asked(1).empty());
  EXPECT_FALSE(open_.empty());
}

}  // namespace
}  // namespace shoal::core
