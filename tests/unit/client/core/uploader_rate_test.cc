// The owner's cap, and the own upload as it is measured and announced.
#include <cstdint>
#include <optional>

#include "client/core/uploader.h"
#include "gtest/gtest.h"
#include "tests/unit/client/core/upload_bench.h"

namespace shoal::core {
namespace {

constexpr LinkId kA = 1;
constexpr LinkId kB = 2;
constexpr LinkId kC = 3;

// ---- The cap ------------------------------------------------------------------------------------

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

// ---- Own upload ---------------------------------------------------------------------------------

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
