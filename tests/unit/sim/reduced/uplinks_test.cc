#include "tests/sim/reduced/uplinks.h"

#include <gtest/gtest.h>

#include <vector>

namespace shoal::sim::reduced {
namespace {

// Viewer 0, at 100 kB/s, is linked to viewers 1 and 2; nothing is lost, all is 10 ms away.
class UplinksTest : public testing::Test {
 protected:
  UplinksTest() : state_(Prepared()) {
    state_.viewers.resize(3);
    state_.pieces.resize(3 * kPieces);
    for (int i = 0; i < 3; ++i) state_.network.AddViewer(100e3, 10e6);
    state_.ends.resize(4);
    state_.ends[0] = {.peer = 1, .back = 0};
    state_.ends[1] = {.peer = 2, .back = 0};
    state_.ends[2] = {.peer = 0, .back = 0};
    state_.ends[3] = {.peer = 0, .back = 1};
    state_.viewers[0].links = 2;
    state_.viewers[1].links = state_.viewers[2].links = 1;
    state_.viewers[1].first_end = 2;
    state_.viewers[2].first_end = 3;
    state_.viewers[0].upload_class = kUploadUnknown;
    state_.viewers[0].uploads = true;
    state_.viewers[0].assumed = 100e3;  // and so its window is 25 kB
    state_.segments[0] = {.sequence = 1000, .length = 10 * core::kPieceSize, .pieces = 10};
    for (unsigned piece = 0; piece < 10; ++piece) state_.piece(0, piece).chunks = 8;
  }
  const Scenario& Prepared() {
    scenario_.network.latency_min = scenario_.network.latency_max = Milliseconds(10);
    scenario_.network.loss = 0;
    return scenario_;
  }

  void Pull(std::uint8_t link, std::uint8_t piece) {
    uplinks_.OnPull({.viewer = 0, .kind = Kind::kPull, .link = link, .piece = piece, .pull = 1});
  }
  // What was sent since the last call.
  std::vector<Event> Sent() {
    std::vector<Event> sent;
    Event event;
    while (state_.wheel.Take(1u << 31, &event)) sent.push_back(event);
    return sent;
  }
  void Acknowledge() { uplinks_.OnAck({.viewer = 0, .mask = kChunk, .kind = Kind::kAck}); }

  Scenario scenario_;
  State state_;
  Uplinks uplinks_{state_};
};

TEST_F(UplinksTest, SendsAWindowAndGoesOnWhenItIsAcknowledged) {
  Pull(0, 3);
  EXPECT_EQ(Sent().size(), 3u) << "7,680 bytes each of 25,000";
  std::vector<Event> last;
  for (int i = 0; i < 5; ++i) {
    Acknowledge();
    last = Sent();
    EXPECT_EQ(last.size(), 1u);
  }
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].count, 7u);
  EXPECT_EQ(last[0].viewer, 1u);
  EXPECT_EQ(last[0].piece, 3u);
  // Eight chunks through a line of 100 kB/s, and 10 ms.
  EXPECT_NEAR(last[0].at, 8 * (kChunk + kDataBytes) * 10 + 10'000, 100);
}

TEST_F(UplinksTest, LetsLinksTakeTurns) {
  Pull(0, 3);
  Pull(1, 4);
  std::vector<std::uint32_t> receivers;
  for (int i = 0; i < 6; ++i) {
    for (const Event& event : Sent()) receivers.push_back(event.viewer);
    Acknowledge();
  }
  EXPECT_EQ(receivers, (std::vector<std::uint32_t>{1, 1, 1, 2, 1, 2, 1, 2}));
}

TEST_F(UplinksTest, PassesOnWhatItHasOfAPieceAndTheRestAsItComes) {
  state_.piece(0, 3).chunks = 1;
  Pull(0, 3);
  EXPECT_EQ(Sent().size(), 1u);
  state_.piece(0, 3).chunks = 2;
  uplinks_.Pump(0);
  EXPECT_EQ(Sent().size(), 1u);
}

TEST_F(UplinksTest, TurnsAwayWhatWouldWaitTooLong) {
  Pull(0, 3);
  Pull(1, 4);
  Sent();
  Pull(0, 5);  // behind two pieces, less three chunks
  const std::vector<Event> sent = Sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].kind, Kind::kReject);
  EXPECT_NEAR(static_cast<double>(sent[0].mask), 0.998e6, 0.001e6) << "when to come again";
}

TEST_F(UplinksTest, SaysThatItHasNothingOfAPiece) {
  state_.piece(0, 3).chunks = 0;
  Pull(0, 3);
  const std::vector<Event> sent = Sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].kind, Kind::kReject);
  EXPECT_EQ(sent[0].mask, 0u);
}

TEST_F(UplinksTest, SendsNoMoreOfWhatIsCancelled) {
  Pull(0, 3);
  Sent();
  uplinks_.OnCancel({.viewer = 0, .kind = Kind::kCancel, .link = 0, .piece = 3, .pull = 1});
  Acknowledge();
  EXPECT_TRUE(Sent().empty());
  EXPECT_EQ(state_.viewers[0].queued, 0u);
}

}  // namespace
}  // namespace shoal::sim::reduced
