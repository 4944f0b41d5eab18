// How much is un-acknowledged at most, and who loses its turn.
#include <cstdint>

#include "client/core/send_window.h"
#include "client/core/uploader.h"
#include "gtest/gtest.h"
#include "tests/unit/client/core/upload_bench.h"

namespace shoal::core {
namespace {

constexpr LinkId kA = 1;
constexpr LinkId kB = 2;
// Enough to pump a piece through when nothing is in the way.
constexpr Duration kAWhile = Seconds(1);

TEST(Uploader, KeepsWithinTheWindowUntilAcknowledged) {
  UploadBench bench;
  bench.silent = {kA, kB};
  bench.uploader.SetAssumedRate(200'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  ASSERT_TRUE(bench.Ask(kB, 1, 10));
  bench.Pump();
  const std::uint64_t window = bench.uploader.window();
  EXPECT_EQ(window, SendWindow().Bytes(200'000));
  const auto sent = [&] { return bench.SentTo(kA) + bench.SentTo(kB); };
  EXPECT_LE(sent(), window);
  EXPECT_GT(sent(), window - Uploader::kChunkMin);
  bench.AckAll(kA);
  bench.AckAll(kB);
  bench.Pump();
  EXPECT_GT(sent(), 2 * (window - Uploader::kChunkMin));
}

// Of a line of 250 kB/s that is never idle for want of pulls, after it was measured: how much of it
// is used, and what stands in it on average.
struct LineUse {
  double used = 0;
  double queue_s = 0;
};

LineUse UseOfBusyLine(Duration delay, Duration ack_delay) {
  UploadBench bench;
  bench.line_rate = 250'000;
  bench.delay = delay;
  bench.ack_delay = ack_delay;
  PullId pull = 0;
  LineUse use;
  std::uint64_t before = 0;
  constexpr int kSteps = 2000;
  for (int i = -kSteps; i < kSteps; ++i) {
    if (i == 0) before = bench.SentTo(kA) + bench.SentTo(kB);
    bench.Ask(kA, ++pull, 10);
    bench.Ask(kB, ++pull, 10);
    bench.Run(Milliseconds(5));
    if (i >= 0) use.queue_s += ToSeconds(bench.line_queue()) / kSteps;
  }
  const std::uint64_t sent = bench.SentTo(kA) + bench.SentTo(kB) - before;
  use.used = static_cast<double>(sent) / (bench.line_rate * kSteps * 0.005);
  return use;
}

TEST(Uploader, KeepsTheLineBusyAndItsQueueShortHoweverLateAcknowledgementsCome) {
  for (const Duration ack_delay : {Milliseconds(5), Milliseconds(60), Milliseconds(150)}) {
    SCOPED_TRACE(ToSeconds(ack_delay));
    const LineUse use = UseOfBusyLine(Milliseconds(20), ack_delay);
    EXPECT_GT(use.used, 0.97);
    // The target, and what was sent between two looks.
    EXPECT_LT(use.queue_s, 1.5 * ToSeconds(SendWindow::kQueue + 2 * SendWindow::kMessageTime));
  }
}

TEST(Uploader, RestsAsLongAsItIsTold) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(100'000);
  bench.uploader.RestUntil(bench.now + Milliseconds(100));
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Run(Milliseconds(99));
  EXPECT_EQ(bench.SentTo(kA), 0u);
  bench.Run(Milliseconds(2));
  EXPECT_GT(bench.SentTo(kA), 0u);
}

TEST(Uploader, WindowHasAFloorAndACeiling) {
  Uploader slow(10'000);
  EXPECT_EQ(slow.window(), SendWindow::kLeast);
  UploadBench fast;
  for (int second = 0; second < 30; ++second) {
    for (PullId pull = 0; pull < Uploader::kPullsPerLinkMax; ++pull) fast.Ask(kA, pull, 10);
    fast.Run(Milliseconds(20));
  }
  EXPECT_LE(fast.uploader.window(), SendWindow::kMost);
}

TEST(Uploader, SlowReceiverCannotFillTheWindow) {
  UploadBench bench;
  bench.line_rate = 500'000;
  bench.slow[kA] = 20'000;
  bench.uploader.SetAssumedRate(500'000);
  PullId pull = 0;
  for (int i = 0; i < 300; ++i) {
    bench.Ask(kA, ++pull, 10);
    bench.Ask(kB, ++pull, 10);
    bench.Run(Milliseconds(10));
  }
  // Its share of the line is what the slow one cannot take, and that is nearly all.
  EXPECT_GT(static_cast<double>(bench.SentTo(kB)), 0.8 * 500'000 * 3);
}

TEST(Uploader, SilentReceiverLosesItsTurnAndOthersGoOn) {
  UploadBench bench;
  bench.silent = {kA};
  bench.uploader.SetAssumedRate(130'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  ASSERT_TRUE(bench.Ask(kB, 1, 10));
  bench.Run(Uploader::kAckPatience - Microseconds(1));
  EXPECT_EQ(bench.uploader.figures().turns_lost, 0u);
  const std::uint64_t sent_in_vain = bench.SentTo(kA);
  ASSERT_GT(sent_in_vain, 0u);
  bench.Run(Milliseconds(100));  // what others had on the line before it took no longer
  EXPECT_EQ(bench.uploader.figures().turns_lost, 1u);
  bench.Run(Seconds(1));
  EXPECT_EQ(bench.SentTo(kA), sent_in_vain);
  EXPECT_EQ(bench.SentTo(kB), kPieceSize);
  EXPECT_EQ(bench.uploader.unacked_bytes(), 0u);
}

TEST(Uploader, SilentReceiverThatIsAloneLosesItsTurnLater) {
  UploadBench bench;
  bench.silent = {kA};
  bench.uploader.SetAssumedRate(100'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Run(Milliseconds(100));
  ASSERT_TRUE(bench.Ask(kB, 1, 10));  // but the window is full
  bench.Run(Uploader::kSilencePatience);
  EXPECT_EQ(bench.uploader.figures().turns_lost, 1u);
  EXPECT_EQ(bench.SentTo(kB), kPieceSize);
}

TEST(Uploader, NobodyLosesItsTurnBecauseTheLineIsSlow) {
  UploadBench bench;
  bench.line_rate = 30'000;  // an eighth of what is assumed: the window lasts for two seconds
  for (LinkId link = 1; link <= 6; ++link) bench.Ask(link, 1, 10);
  bench.Run(Seconds(10));
  EXPECT_EQ(bench.uploader.figures().turns_lost, 0u);
}

TEST(Uploader, LinkWithoutItsTurnGetsItBackWithAnAcknowledgement) {
  UploadBench bench;
  bench.silent = {kA};
  bench.uploader.SetAssumedRate(100'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Run(Uploader::kSilencePatience);
  ASSERT_EQ(bench.uploader.figures().turns_lost, 1u);
  EXPECT_FALSE(bench.Ask(kA, 2, 10));
  EXPECT_EQ(bench.last_reject.reason, RejectReason::kBusy);
  bench.silent = {};
  bench.AckAll(kA);
  bench.Run(kAWhile);
  EXPECT_EQ(bench.SentTo(kA), kPieceSize);
  EXPECT_TRUE(bench.Ask(kA, 2, 10));
}

TEST(Uploader, QueueOfALinkWithoutItsTurnTurnsNobodyAway) {
  UploadBench bench;
  bench.silent = {kA};
  bench.uploader.SetAssumedRate(100'000);
  PullId pull = 0;
  while (bench.Ask(kA, pull, 10)) ++pull;
  EXPECT_FALSE(bench.Ask(kB, 1, 10));
  bench.Run(Uploader::kSilencePatience);
  EXPECT_TRUE(bench.Ask(kB, 1, 10));
}

TEST(Uploader, AcknowledgementOfMoreThanWasSentIsALie) {
  UploadBench bench;
  bench.silent = {kA};
  EXPECT_FALSE(bench.uploader.Acked(kA, {.bytes = 1}, bench.now));
  ASSERT_TRUE(bench.Ask(kA, 1, 10, 0, kPieceSize - 100));
  bench.Pump();
  EXPECT_FALSE(bench.uploader.Acked(kA, {.bytes = 101}, bench.now));
  EXPECT_EQ(bench.uploader.figures().bytes_acked, 100u);
  EXPECT_EQ(bench.uploader.unacked_bytes(), 0u);
}

}  // namespace
}  // namespace shoal::core
