#include "tests/sim/reduced/uplinks.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/sim/reduced/reduced_fixture.h"

namespace shoal::sim::reduced {
namespace {

// Viewer 0 has all pieces. Of 100 kB/s the window is 20 kB: five chunks, three of them for one link.
class UplinksTest : public ReducedFixture {
 protected:
  UplinksTest() {
    for (unsigned piece = 0; piece < 10; ++piece) state_.piece(0, piece).chunks = 16;
  }
  void Pull(std::uint8_t link, std::uint8_t piece) {
    uplinks_.OnPull({.viewer = 0, .kind = Kind::kPull, .link = link, .piece = piece, .pull = 1});
  }
  void Acknowledge(std::uint8_t link) {
    uplinks_.OnAck({.viewer = 0, .mask = kChunk, .kind = Kind::kAck, .link = link});
  }

  Uplinks uplinks_{state_};
};

TEST_F(UplinksTest, SendsAWindowAndGoesOnWhenItIsAcknowledged) {
  Pull(0, 3);
  EXPECT_EQ(Ahead().size(), 3u) << "3,840 bytes each of 15,100";
  std::vector<Event> last;
  for (int i = 0; i < 13; ++i) {
    Acknowledge(0);
    last = Ahead();
    ASSERT_EQ(last.size(), 1u);
  }
  EXPECT_EQ(last[0].count, 15u);
  EXPECT_EQ(last[0].viewer, 1u);
  EXPECT_EQ(last[0].piece, 3u);
  // Sixteen chunks through a line of 100 kB/s, and 10 ms.
  EXPECT_NEAR(last[0].at, 1e6 + 16 * (kChunk + kDataBytes) * 10 + 10'000, 100);
}

TEST_F(UplinksTest, SharesTheWindowAmongLinksInTurn) {
  Pull(0, 3);
  Pull(1, 4);
  std::vector<std::uint32_t> receivers;
  const auto note = [&] {
    for (const Event& event : Ahead()) receivers.push_back(event.viewer);
  };
  note();
  for (const std::uint8_t link : {0, 0, 0, 1, 0}) {
    Acknowledge(link);
    note();
  }
  // Two chunks each are half of the window: one of three has to come back first.
  EXPECT_EQ(receivers, (std::vector<std::uint32_t>{1, 1, 1, 2, 2, 1, 1, 2, 1}));
}

TEST_F(UplinksTest, OneLinkLeavesAQuarterOfTheWindowToOthers) {
  Pull(0, 3);
  EXPECT_EQ(Ahead().size(), 3u);
  Pull(1, 4);
  EXPECT_EQ(Ahead().size(), 2u);
}

TEST_F(UplinksTest, PassesOnWhatItHasOfAPieceAndTheRestAsItComes) {
  state_.piece(0, 3).chunks = 1;
  Pull(0, 3);
  EXPECT_EQ(Ahead().size(), 1u);
  state_.piece(0, 3).chunks = 2;
  uplinks_.Holds(0, 3, 2);
  EXPECT_EQ(Ahead().size(), 1u);
}

TEST_F(UplinksTest, TurnsAwayWhatWouldWaitTooLong) {
  Pull(0, 3);
  Pull(1, 4);
  Ahead();
  Pull(0, 5);  // behind the rest of a piece, and as much of the other link
  const std::vector<Event> sent = Ahead();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].kind, Kind::kReject);
  EXPECT_EQ(sent[0].mask, 1'000'000u) << "when to come again";
}

TEST_F(UplinksTest, ALongQueueOfOneLinkKeepsNoOtherOut) {
  Pull(0, 3);
  state_.viewers[0].jobs.push_back({.link = 0, .piece = 5, .pull = 2});
  state_.viewers[0].jobs.push_back({.link = 0, .piece = 6, .pull = 3});
  Ahead();
  // Half of a piece waits for no more than as much of the other link.
  uplinks_.OnPull({.viewer = 0, .kind = Kind::kPull, .link = 1, .piece = 4, .pull = 1, .count = 8});
  EXPECT_TRUE(Ahead(Kind::kReject).empty());
}

TEST_F(UplinksTest, SaysThatItHasNothingOfAPiece) {
  state_.piece(0, 3).chunks = 0;
  Pull(0, 3);
  const std::vector<Event> sent = Ahead();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].kind, Kind::kReject);
  EXPECT_EQ(sent[0].mask, 0u);
}

TEST_F(UplinksTest, SendsNoMoreOfWhatIsCancelled) {
  Pull(0, 3);
  Ahead();
  uplinks_.OnCancel({.viewer = 0, .kind = Kind::kCancel, .link = 0, .piece = 3, .pull = 1});
  Acknowledge(0);
  EXPECT_TRUE(Ahead().empty());
  EXPECT_EQ(state_.viewers[0].queued, 0u);
}

}  // namespace
}  // namespace shoal::sim::reduced
