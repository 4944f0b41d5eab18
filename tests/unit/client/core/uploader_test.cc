// Who is served what, in which order, and who is turned away.
#include "client/core/uploader.h"

#include <cstdint>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/client/core/upload_bench.h"

namespace shoal::core {
namespace {

constexpr LinkId kA = 1;
constexpr LinkId kB = 2;
constexpr LinkId kC = 3;
// Enough to pump a piece through when nothing is in the way.
constexpr Duration kAWhile = Seconds(1);

// The pulls in the order in which they were first sent to, and each time that changes.
std::string Services(const UploadBench& bench) {
  std::string services;
  std::optional<PullId> last;
  for (const UploadBench::Sent& sent : bench.sent) {
    if (sent.pull != last) services += static_cast<char>('0' + sent.pull);
    last = sent.pull;
  }
  return services;
}

// ---- Order --------------------------------------------------------------------------------------

TEST(Uploader, ServesAPullToItsEnd) {
  UploadBench bench;
  ASSERT_TRUE(bench.Ask(kA, 1, 10, /*piece=*/3));
  EXPECT_EQ(bench.uploader.queued_bytes(), kPieceSize);
  bench.Run(kAWhile);
  EXPECT_EQ(bench.SentTo(kA), kPieceSize);
  EXPECT_EQ(bench.live_pulls(), 0u);
  EXPECT_EQ(bench.uploader.queued_bytes(), 0u);
  EXPECT_EQ(bench.uploader.unacked_bytes(), 0u);
  EXPECT_EQ(bench.uploader.figures().bytes_sent, kPieceSize);
  EXPECT_EQ(bench.uploader.figures().bytes_acked, kPieceSize);
}

TEST(Uploader, SaysHowLongItsDataHoldsUpWhateverLeavesNext) {
  UploadBench bench;
  bench.line_rate = 250'000;
  bench.uploader.SetAssumedRate(250'000);
  EXPECT_EQ(bench.uploader.UplinkDelay(), Duration{});
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Pump();
  // More than the window does not go out at once.
  EXPECT_EQ(bench.uploader.UplinkDelay(),
            Seconds(static_cast<double>(bench.uploader.window()) / 250'000));
  bench.Run(Seconds(3));
  EXPECT_EQ(bench.uploader.UplinkDelay(), Duration{});
}

TEST(Uploader, ServesOnlyTheBytesFromTheAskersProgressOn) {
  UploadBench bench;
  ASSERT_TRUE(bench.Ask(kA, 1, 10, 0, /*from=*/50'000, /*piece_size=*/50'001));
  bench.Run(kAWhile);
  EXPECT_EQ(bench.SentTo(kA), 1u);
  EXPECT_EQ(bench.live_pulls(), 0u);
}

TEST(Uploader, LinksTakeTurns) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(250'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  ASSERT_TRUE(bench.Ask(kB, 1, 10));
  ASSERT_TRUE(bench.Ask(kC, 1, 10));
  bench.Run(kAWhile);
  EXPECT_EQ(bench.Turns().substr(0, 9), "abcabcabc");
  EXPECT_EQ(bench.live_pulls(), 0u);
}

TEST(Uploader, ALinkIsServedItsOldestSegmentFirst) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(1e6);
  ASSERT_TRUE(bench.Ask(kA, 1, 12));
  ASSERT_TRUE(bench.Ask(kA, 2, 11));
  ASSERT_TRUE(bench.Ask(kA, 3, 10));
  ASSERT_TRUE(bench.Ask(kA, 4, 11, /*piece=*/1));
  bench.Run(kAWhile);
  EXPECT_EQ(Services(bench), "3241");
}

TEST(Uploader, ALinkIsServedOnePieceAtATime) {
  UploadBench bench;
  bench.line_rate = 100'000;
  bench.uploader.SetAssumedRate(100'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 12));
  bench.Run(Milliseconds(100));
  ASSERT_EQ(Services(bench), "1");
  ASSERT_TRUE(bench.Ask(kA, 2, 10));  // older, but too late
  bench.Run(Seconds(3));
  EXPECT_EQ(Services(bench), "12");
}

// ---- Cut-through --------------------------------------------------------------------------------

TEST(Uploader, RelaysAPieceAsItArrives) {
  UploadBench bench;
  bench.held.Set(10, 0, 0);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Run(Milliseconds(50));
  EXPECT_EQ(bench.SentTo(kA), 0u);
  bench.held.Set(10, 0, 20'000);
  bench.Run(Milliseconds(50));
  EXPECT_GT(bench.SentTo(kA), 20'000 - Uploader::kChunkMin);
  bench.held.Set(10, 0, kPieceSize);
  bench.Run(kAWhile);
  EXPECT_EQ(bench.live_pulls(), 0u);
}

TEST(Uploader, ServesAnotherPullWhileThePieceInServiceHasNoFurtherBytes) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(1e6);
  bench.held.Set(10, 0, kDataPayloadMax);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  ASSERT_TRUE(bench.Ask(kA, 2, 11));
  bench.Pump();
  EXPECT_EQ(Services(bench), "12");
  bench.held.Set(10, 0, kPieceSize);
  bench.Run(kAWhile);
  EXPECT_EQ(bench.live_pulls(), 0u);
}

TEST(Uploader, ReturnsToThePieceInServiceOnceItHasBytes) {
  UploadBench bench;
  bench.line_rate = 50'000;
  bench.uploader.SetAssumedRate(128'000);  // messages of 4 KiB: four are all that is held
  bench.held.Set(10, 0, kDataPayloadMax);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  ASSERT_TRUE(bench.Ask(kA, 2, 11));
  bench.Run(Milliseconds(300));
  ASSERT_EQ(Services(bench), "12");
  bench.held.Set(10, 0, kPieceSize);
  bench.Run(Seconds(4));
  EXPECT_EQ(Services(bench), "1212");
}

TEST(Uploader, SendsNoCrumbsOfAPieceThatIsArriving) {
  UploadBench bench;
  bench.held.Set(10, 0, Uploader::kChunkMin - 1);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Pump();
  EXPECT_TRUE(bench.sent.empty());
  bench.held.Set(10, 0, Uploader::kChunkMin);
  bench.Pump();
  EXPECT_EQ(bench.SentTo(kA), Uploader::kChunkMin);
}

TEST(Uploader, SendsCrumbsOnceNoMoreComeForAWhile) {
  UploadBench bench;
  bench.held.Set(10, 0, 100);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Pump();
  EXPECT_EQ(bench.uploader.NextWakeup(), bench.now + Uploader::kTricklePatience);
  bench.Run(Uploader::kTricklePatience - Microseconds(1));
  EXPECT_EQ(bench.SentTo(kA), 0u);
  bench.Run(Microseconds(1));
  EXPECT_EQ(bench.SentTo(kA), 100u);
}

TEST(Uploader, SendsTheEndOfAPieceHoweverSmall) {
  UploadBench bench;
  ASSERT_TRUE(bench.Ask(kA, 1, 10, 0, kPieceSize - 7));
  bench.Pump();
  EXPECT_EQ(bench.SentTo(kA), 7u);
}

TEST(Uploader, RejectsAPullWhosePieceGetsNoByteForTooLong) {
  UploadBench bench;
  bench.held.Set(10, 0, 5'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Run(Uploader::kStarvedMax - Microseconds(1));
  EXPECT_EQ(bench.SentTo(kA), 5'000u);
  EXPECT_TRUE(bench.rejects.empty());
  bench.Run(Microseconds(1));
  ASSERT_EQ(bench.rejects.size(), 1u);
  EXPECT_EQ(bench.rejects[0].link, kA);
  EXPECT_EQ(bench.rejects[0].reject.reason, RejectReason::kNotHeld);
  EXPECT_EQ(bench.uploader.queued_bytes(), 0u);
}

// ---- Who is turned away -------------------------------------------------------------------------

TEST(Uploader, RejectsWhatWouldWaitBehindTooMuch) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(400'000);
  const double room = 400'000 * ToSeconds(Uploader::kQueueMax);
  PullId pull = 0;
  for (double queued = 0; queued <= room; queued += kPieceSize) {
    ASSERT_TRUE(bench.Ask(1 + pull % 4, pull, 10));
    ++pull;
  }
  EXPECT_FALSE(bench.Ask(kA, pull, 10));
  EXPECT_EQ(bench.last_reject.reason, RejectReason::kBusy);
  // The whole queue's time.
  EXPECT_EQ(bench.last_reject.retry_after_ms, pull * kPieceSize * 1000 / 400'000);
  EXPECT_EQ(bench.uploader.figures().rejects, 1u);
  bench.Run(Seconds(2));
  EXPECT_TRUE(bench.Ask(kA, pull, 10));
}

TEST(Uploader, AlwaysAcceptsWhenIdle) {
  UploadBench bench(Uploader::kCapMin);  // a piece takes far longer than the longest queue
  EXPECT_TRUE(bench.Ask(kA, 1, 10));
  EXPECT_FALSE(bench.Ask(kB, 1, 10));
  EXPECT_LE(Milliseconds(bench.last_reject.retry_after_ms), Uploader::kRetryMax);
}

TEST(Uploader, LimitsThePullsOfALinkAndOfAll) {
  UploadBench bench;
  const auto tiny = [&bench](LinkId link, PullId pull) {
    return bench.Ask(link, pull, 10, 0, kPieceSize - 1);
  };
  for (PullId pull = 0; pull < Uploader::kPullsPerLinkMax; ++pull) ASSERT_TRUE(tiny(kA, pull));
  EXPECT_FALSE(tiny(kA, 99));
  EXPECT_EQ(bench.last_reject.reason, RejectReason::kBusy);
  EXPECT_GE(Milliseconds(bench.last_reject.retry_after_ms), Uploader::kRetryMin);
  for (std::size_t i = Uploader::kPullsPerLinkMax; i < Uploader::kPullsMax; ++i) {
    ASSERT_TRUE(tiny(2 + i / Uploader::kPullsPerLinkMax, static_cast<PullId>(i)));
  }
  EXPECT_FALSE(tiny(1000, 0));
}

TEST(Uploader, ForbiddenUploadRejectsEverything) {
  for (const std::uint64_t cap : {std::uint64_t{0}, Uploader::kCapMin - 1}) {
    UploadBench bench(cap);
    EXPECT_FALSE(bench.Ask(kA, 1, 10));
    EXPECT_EQ(bench.last_reject.reason, RejectReason::kNoUpload);
    EXPECT_EQ(bench.uploader.upload_class(), kUploadNone);
    EXPECT_EQ(bench.uploader.TakeClassChange(), std::nullopt);
    EXPECT_EQ(bench.uploader.rate(), 0);
  }
}

TEST(Uploader, RejectsAPullThatMakesNoSense) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(250'000);
  EXPECT_FALSE(bench.Ask(kA, 1, 10, 0, /*from=*/500, /*piece_size=*/500));
  EXPECT_EQ(bench.last_reject.reason, RejectReason::kNotHeld);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  EXPECT_FALSE(bench.Ask(kA, 1, 11));
  EXPECT_EQ(bench.last_reject.reason, RejectReason::kUnspecified);
  EXPECT_TRUE(bench.Ask(kB, 1, 11));  // ids are a link's own
}

// ---- Ends ---------------------------------------------------------------------------------------

TEST(Uploader, CancelledPullGetsNothingMore) {
  UploadBench bench;
  bench.line_rate = 50'000;
  bench.uploader.SetAssumedRate(50'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Run(Milliseconds(100));
  const std::uint64_t sent = bench.SentTo(kA);
  ASSERT_LT(sent, kPieceSize);
  bench.Cancel(kA, 1);
  bench.Cancel(kA, 77);
  bench.Cancel(kB, 1);
  bench.Run(Seconds(2));
  EXPECT_EQ(bench.SentTo(kA), sent);
  EXPECT_EQ(bench.uploader.NextWakeup(), std::nullopt);
}

TEST(Uploader, WhatNeverLeftForACancelledPullIsNotWaitedFor) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(250'000);
  bench.silent = {kA};
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Pump();
  const auto sent = static_cast<std::uint32_t>(bench.SentTo(kA));
  ASSERT_GT(sent, 10'000u);
  bench.uploader.Cancel(kA, 1, sent - 10'000);
  EXPECT_EQ(bench.uploader.unacked_bytes(), 10'000u);
  EXPECT_EQ(bench.uploader.figures().bytes_sent, 10'000u);
  EXPECT_TRUE(bench.uploader.Acked(kA, {.bytes = 10'000}, bench.now));
  EXPECT_EQ(bench.uploader.unacked_bytes(), 0u);
  EXPECT_FALSE(bench.uploader.Acked(kA, {.bytes = 1}, bench.now)) << "it was sent no more";
  EXPECT_EQ(bench.uploader.figures().bytes_acked, 10'000u);
}

TEST(Uploader, GoneLinkLeavesItsShareToTheOthers) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(250'000);
  bench.silent = {kA};
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  ASSERT_TRUE(bench.Ask(kB, 1, 10));
  bench.Pump();
  ASSERT_GT(bench.SentTo(kA), 0u);
  bench.LinkGone(kA);
  EXPECT_EQ(bench.uploader.unacked_bytes(), bench.SentTo(kB));
  bench.Run(Milliseconds(100));
  EXPECT_EQ(bench.SentTo(kB), kPieceSize);
  EXPECT_EQ(bench.uploader.unacked_bytes(), 0u);
}

TEST(Uploader, DroppedSegmentIsRejectedToAllWhoWaitForIt) {
  UploadBench bench;
  bench.uploader.SetAssumedRate(1e6);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  ASSERT_TRUE(bench.Ask(kA, 2, 11));
  ASSERT_TRUE(bench.Ask(kB, 1, 10, 1));
  bench.Drop(10);
  ASSERT_EQ(bench.rejects.size(), 2u);
  EXPECT_EQ(bench.live_pulls(), 1u);
  bench.Run(kAWhile);
  EXPECT_EQ(bench.SentTo(kA), kPieceSize);
  EXPECT_EQ(bench.SentTo(kB), 0u);
}

TEST(Uploader, IdleUploaderWantsNoWakeup) {
  UploadBench bench;
  bench.Pump();
  EXPECT_EQ(bench.uploader.NextWakeup(), std::nullopt);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Run(kAWhile);
  EXPECT_EQ(bench.uploader.NextWakeup(), std::nullopt);
}

}  // namespace
}  // namespace shoal::core
