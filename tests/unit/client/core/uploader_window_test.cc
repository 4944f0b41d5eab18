// How much is un-acknowledged at most, and who loses its turn.
#include <cstdint>

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
  bench.Pump();
  const std::uint64_t window = bench.uploader.window();
  EXPECT_EQ(window, static_cast<std::uint64_t>(200'000 * ToSeconds(Uploader::kBurstWindow)));
  EXPECT_LE(bench.SentTo(kA), window);
  EXPECT_GT(bench.SentTo(kA), window - Uploader::kChunkMin);
  bench.AckAll(kA);
  bench.Pump();
  EXPECT_GT(bench.SentTo(kA), 2 * (window - Uploader::kChunkMin));
}

TEST(Uploader, LineThatIsNeverIdleGetsAWiderWindow) {
  UploadBench bench;
  bench.line_rate = 500'000;
  bench.uploader.SetAssumedRate(500'000);
  PullId pull = 0;
  const auto keep_busy = [&](Duration length) {
    for (Duration passed{}; passed < length; passed += Milliseconds(10)) {
      bench.Ask(kA, ++pull, 10);
      bench.Run(Milliseconds(10));
    }
    return static_cast<double>(bench.uploader.window()) / bench.uploader.rate();
  };
  EXPECT_NEAR(keep_busy(Uploader::kBurst / 2), ToSeconds(Uploader::kBurstWindow), 0.001);
  EXPECT_NEAR(keep_busy(Uploader::kBurst), ToSeconds(Uploader::kWindow), 0.001);
  bench.Run(Seconds(5));  // nothing more to do
  EXPECT_NEAR(keep_busy(Milliseconds(50)), ToSeconds(Uploader::kBurstWindow), 0.001);
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
  EXPECT_EQ(slow.window(), Uploader::kWindowMin);
  UploadBench fast;
  for (int second = 0; second < 30; ++second) {
    for (PullId pull = 0; pull < Uploader::kPullsPerLinkMax; ++pull) fast.Ask(kA, pull, 10);
    fast.Run(Milliseconds(20));
  }
  EXPECT_LE(fast.uploader.window(), Uploader::kWindowMax);
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
  EXPECT_FALSE(bench.uploader.Acked(kA, 1, bench.now));
  ASSERT_TRUE(bench.Ask(kA, 1, 10, 0, kPieceSize - 100));
  bench.Pump();
  EXPECT_FALSE(bench.uploader.Acked(kA, 101, bench.now));
  EXPECT_EQ(bench.uploader.figures().bytes_acked, 100u);
  EXPECT_EQ(bench.uploader.unacked_bytes(), 0u);
}

}  // namespace
}  // namespace shoal::core
