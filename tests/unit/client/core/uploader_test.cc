#include "client/core/uploader.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

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

// ---- Order -------------------------------------------------------------------------------------

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
  bench.line_rate = 100'000;
  bench.uploader.SetAssumedRate(100'000);
  EXPECT_EQ(bench.uploader.UplinkDelay(), Duration{});
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Pump();
  EXPECT_EQ(bench.uploader.UplinkDelay(), Uploader::kWindow);  // more does not go out at once
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

// ---- Cut-through
// ---------------------------------------------------------------------------------

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
  bench.uploader.SetAssumedRate(130'000);
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

// ---- The window
// ----------------------------------------------------------------------------------

TEST(Uploader, KeepsWithinTheWindowUntilAcknowledged) {
  UploadBench bench;
  bench.silent = {kA, kB};
  bench.uploader.SetAssumedRate(100'000);
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Pump();
  const std::uint64_t window = bench.uploader.window();
  EXPECT_EQ(window, static_cast<std::uint64_t>(100'000 * ToSeconds(Uploader::kWindow)));
  EXPECT_LE(bench.SentTo(kA), window);
  EXPECT_GT(bench.SentTo(kA), window - Uploader::kChunkMin);
  bench.AckAll(kA);
  bench.Pump();
  EXPECT_GT(bench.SentTo(kA), 2 * (window - Uploader::kChunkMin));
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

// ---- Who is turned away
// --------------------------------------------------------------------------

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

// ---- Ends --------------------------------------------------------------------------------------

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
  EXPECT_TRUE(bench.uploader.Acked(kA, 10'000, bench.now));
  EXPECT_EQ(bench.uploader.unacked_bytes(), 0u);
  EXPECT_FALSE(bench.uploader.Acked(kA, 1, bench.now)) << "it was sent no more";
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

// ---- The cap
// ---------------------------------------------------------------------------------------

// Keeps three links busy for `seconds`.
void KeepBusy(UploadBench& bench, double seconds) {
  PullId pull = static_cast<PullId>(bench.sent.size());
  const TimePoint end = bench.now + Seconds(seconds);
  while (bench.now < end) {
    for (const LinkId link : {kA, kB, kC, kA, kB, kC}) bench.Ask(link, ++pull, 10);
    bench.Run(Milliseconds(20));
  }
}

TEST(Uploader, KeepsTheCapInEverySecondAndUsesIt) {
  for (const std::uint64_t cap : {Uploader::kCapMin, std::uint64_t{125'000},
                                  std::uint64_t{1'000'000}, std::uint64_t{10'000'000}}) {
    SCOPED_TRACE(testing::Message() << "cap=" << cap);
    UploadBench bench(cap);
    KeepBusy(bench, 10);
    EXPECT_LE(static_cast<double>(bench.MostSentWithin(Seconds(1))),
              1.05 * static_cast<double>(cap));
    EXPECT_GE(static_cast<double>(bench.uploader.figures().bytes_sent),
              0.9 * 10 * static_cast<double>(cap));
  }
}

TEST(Uploader, ClassIsLimitedByTheCap) {
  UploadBench bench(125'000);  // 1000 kbit/s: class 10
  KeepBusy(bench, 3);
  EXPECT_LE(bench.uploader.rate(), 125'000);
  EXPECT_EQ(bench.uploader.upload_class(), UploadClassOf(125'000));
}

// ---- Own upload
// ------------------------------------------------------------------------------------

TEST(Uploader, AssumesUntilItHasMeasured) {
  Uploader uploader(std::nullopt);
  EXPECT_FALSE(uploader.rate_known());
  EXPECT_EQ(uploader.upload_class(), kUploadUnknown);
  EXPECT_EQ(uploader.rate(), Uploader::kAssumedRate);
  uploader.SetAssumedRate(123'456);
  EXPECT_EQ(uploader.rate(), 123'456);
  uploader.SetAssumedRate(1e18);
  EXPECT_EQ(uploader.rate(), Uploader::kAssumedRateMax);
  uploader.SetAssumedRate(0);
  EXPECT_EQ(uploader.rate(), Uploader::kAssumedRate);
}

TEST(Uploader, MeasuresTheLine) {
  for (const double line : {30'000.0, 125'000.0, 625'000.0, 3'000'000.0}) {
    SCOPED_TRACE(testing::Message() << "line=" << line);
    UploadBench bench;
    bench.line_rate = line;
    KeepBusy(bench, 10);
    EXPECT_TRUE(bench.uploader.rate_known());
    EXPECT_EQ(bench.uploader.TakeClassChange(), bench.uploader.upload_class());
    EXPECT_EQ(bench.uploader.TakeClassChange(), std::nullopt);
    // The best of samples of at least 250 ms: one window of acknowledgements may come too many.
    EXPECT_GT(bench.uploader.rate(), 0.85 * line);
    EXPECT_LT(bench.uploader.rate(), 1.25 * line);
  }
}

TEST(Uploader, FastLineShowsWithTheFirstPieces) {
  UploadBench bench;
  bench.line_rate = 100e6;
  for (PullId pull = 0; pull < 6; ++pull) {
    bench.Ask(kA, pull, 10);
    bench.Ask(kB, pull, 10);
    bench.Run(Seconds(2));
  }
  EXPECT_FALSE(bench.uploader.rate_known());
  EXPECT_GE(bench.uploader.rate(), 4 * Uploader::kAssumedRate);
}

TEST(Uploader, BurstThatAShaperLetsPassDoesNotMakeASlowLineLookFast) {
  UploadBench bench;
  bench.line_rate = 100e6;
  ASSERT_TRUE(bench.Ask(kA, 1, 10));
  bench.Run(Seconds(2));
  EXPECT_GT(bench.uploader.rate(), Uploader::kAssumedRate);
  EXPECT_LE(bench.uploader.rate(), 2 * Uploader::kAssumedRate);
}

TEST(Uploader, DoesNotTakeTheRateAtWhichItRelaysForItsUpload) {
  UploadBench bench;
  bench.line_rate = 10e6;
  for (PullId piece = 0; piece < 20; ++piece) {
    bench.held.Set(10, piece, 0);
    ASSERT_TRUE(bench.Ask(kA, piece, 10, piece));
    for (std::uint32_t bytes = 0; bytes <= kPieceSize; bytes += kPieceSize / 10) {
      bench.held.Set(10, piece, bytes);
      bench.Run(Milliseconds(30));
    }
  }
  EXPECT_EQ(bench.SentTo(kA), 20 * kPieceSize);
  EXPECT_FALSE(bench.uploader.rate_known());
}

TEST(Uploader, ClassDoesNotFlapOnALineThatWavers) {
  UploadBench bench;
  int changes = 0;
  for (int i = 0; i < 20; ++i) {
    // A class is a factor of two: from one end to the other of the same one, and a little over.
    bench.line_rate = i % 2 == 0 ? 500'000 * 1.4 : 500'000 / 1.4;
    KeepBusy(bench, 40);
    changes += bench.uploader.TakeClassChange().has_value();
  }
  EXPECT_EQ(changes, 1);  // from unknown
}

TEST(Uploader, ClassFollowsALineThatChangesForGood) {
  UploadBench bench;
  bench.line_rate = 1'000'000;
  KeepBusy(bench, 5);
  ASSERT_EQ(bench.uploader.upload_class(), UploadClassOf(1'000'000));
  bench.line_rate = 200'000;
  KeepBusy(bench, 45);
  EXPECT_EQ(bench.uploader.upload_class(), UploadClassOf(200'000));
}

}  // namespace
}  // namespace shoal::core
