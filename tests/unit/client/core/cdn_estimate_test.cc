#include "client/core/cdn_estimate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "gtest/gtest.h"

namespace shoal::core {
namespace {

TimePoint At(double seconds) { return TimePoint(Seconds(seconds)); }

// A CDN that answers after `ttfb` and then sends at `rate`, a little every five milliseconds.
class Cdn {
 public:
  static constexpr Duration kStep = Milliseconds(5);

  Duration ttfb = Milliseconds(40);
  double rate = 1'000'000;
  TimePoint now = At(1);
  CdnEstimate estimate;

  // Transfers of `bytes` each, `parallel` at a time sharing the rate.
  void Fetch(std::uint64_t bytes, int parallel = 1) {
    const FetchId first = next_id_;
    next_id_ += static_cast<FetchId>(parallel);
    for (FetchId id = first; id < next_id_; ++id) estimate.Started(id, now);
    now += ttfb;
    for (FetchId id = first; id < next_id_; ++id) estimate.Responded(id, now);
    const auto each = static_cast<std::uint64_t>(rate * ToSeconds(kStep) / parallel);
    for (std::uint64_t left = bytes; left > 0;) {
      now += kStep;
      const std::uint64_t size = std::min(left, each);
      for (FetchId id = first; id < next_id_; ++id) estimate.Received(id, size, now);
      left -= size;
    }
    for (FetchId id = first; id < next_id_; ++id) estimate.Finished(id, now);
  }

 private:
  FetchId next_id_ = 1;
};

// The first step's bytes all count, but of its time not the lead-in: so much too high may a rate be
// that was measured over `length` (and as much again for the last bytes' rounding).
double Tolerance(Duration length) {
  return 2 * ToSeconds(CdnEstimate::kLeadIn) / ToSeconds(length);
}

TEST(CdnEstimate, AssumesUntilItHasMeasured) {
  CdnEstimate estimate;
  EXPECT_FALSE(estimate.measured());
  EXPECT_EQ(estimate.bytes_per_second(), CdnEstimate::kInitialRate);
  EXPECT_EQ(estimate.time_to_first_byte(), CdnEstimate::kInitialTtfb);
  EXPECT_EQ(estimate.ttfb_deviation(), CdnEstimate::kInitialDeviation);
}

TEST(CdnEstimate, MeasuresTheRateOfABodyWithoutTheWaitForIt) {
  Cdn cdn;
  cdn.ttfb = Seconds(2);
  cdn.Fetch(1'000'000);
  EXPECT_TRUE(cdn.estimate.measured());
  EXPECT_NEAR(cdn.estimate.bytes_per_second(), cdn.rate, cdn.rate * Tolerance(Milliseconds(250)));
}

TEST(CdnEstimate, SumsConcurrentTransfers) {
  Cdn cdn;
  cdn.Fetch(300'000, /*parallel=*/4);
  EXPECT_NEAR(cdn.estimate.bytes_per_second(), cdn.rate, cdn.rate * Tolerance(Milliseconds(250)));
}

TEST(CdnEstimate, TimeBetweenTransfersDoesNotCount) {
  Cdn cdn;
  for (int i = 0; i < 20; ++i) {
    cdn.Fetch(200'000);
    cdn.now += Seconds(5);
  }
  EXPECT_NEAR(cdn.estimate.bytes_per_second(), cdn.rate, cdn.rate * Tolerance(Milliseconds(125)));
}

TEST(CdnEstimate, SmallTransfersAddUpToASample) {
  Cdn cdn;
  // Shorter than a sample, and less than what proves something by itself.
  const std::uint64_t small = 30'000;
  ASSERT_LT(small, CdnEstimate::kWholeMin);
  cdn.Fetch(small);
  EXPECT_FALSE(cdn.estimate.measured());
  for (std::uint64_t sum = 0; sum < 2 * CdnEstimate::kSampleBytes; sum += small) cdn.Fetch(small);
  EXPECT_NEAR(cdn.estimate.bytes_per_second(), cdn.rate, cdn.rate * Tolerance(Milliseconds(30)));
}

TEST(CdnEstimate, BytesThatCameWithTheAnswerAreLeftOut) {
  CdnEstimate estimate;
  estimate.Started(1, At(0));
  estimate.Responded(1, At(1));
  estimate.Received(1, 10'000'000, At(1));  // waited in a buffer
  TimePoint now = At(1) + CdnEstimate::kLeadIn;
  for (int i = 0; i < 50; ++i) estimate.Received(1, 1'000, now += Milliseconds(10));
  EXPECT_NEAR(estimate.bytes_per_second(), 100'000, 100'000 * 10 / 250);
}

TEST(CdnEstimate, TransferTooQuickToMeasureProvesALeastRate) {
  CdnEstimate estimate;
  estimate.Started(1, At(0));
  estimate.Responded(1, At(0.03));
  estimate.Received(1, 1'000'000, At(0.03));
  estimate.Finished(1, At(0.03));
  EXPECT_TRUE(estimate.measured());
  EXPECT_DOUBLE_EQ(estimate.bytes_per_second(), 1'000'000 / 0.03);
}

TEST(CdnEstimate, FollowsACdnThatBecomesSlower) {
  Cdn cdn;
  cdn.Fetch(2'000'000);
  cdn.rate = 100'000;
  // Each sample of 250 ms moves a quarter of the way: 1.1 times the new rate after this many.
  const double samples = std::log(0.1 * 100'000 / 900'000) / std::log(1 - CdnEstimate::kRateGain);
  cdn.Fetch(static_cast<std::uint64_t>(cdn.rate * 0.25 * std::ceil(samples + 1)));
  EXPECT_NEAR(cdn.estimate.bytes_per_second(), cdn.rate, cdn.rate * 0.15);
}

TEST(CdnEstimate, LongSilenceWithinABodyReplacesWhatWasKnown) {
  Cdn cdn;
  cdn.Fetch(2'000'000);
  cdn.estimate.Started(99, cdn.now);
  cdn.estimate.Responded(99, cdn.now);
  cdn.estimate.Finished(99, cdn.now + CdnEstimate::kLeadIn + CdnEstimate::kMemory);
  // What the last sample had left over is all there was in that time.
  EXPECT_LE(cdn.estimate.bytes_per_second(),
            CdnEstimate::kSampleBytes / ToSeconds(CdnEstimate::kMemory));
}

TEST(CdnEstimate, AnswerWithoutABodyTeachesNothingAtFirst) {
  CdnEstimate estimate;
  estimate.Started(1, At(0));
  estimate.Responded(1, At(0.1));
  estimate.Finished(1, At(9));
  EXPECT_EQ(estimate.bytes_per_second(), CdnEstimate::kInitialRate);
}

// ---- Time to first byte
// --------------------------------------------------------------------------

TEST(CdnEstimate, TimeToFirstByteAndItsDeviationHaveAGainOfAnEighth) {
  CdnEstimate estimate;
  double mean = 0;
  double deviation = 0;
  FetchId id = 0;
  for (const double sample : {0.2, 0.1, 0.4, 0.05, 0.05, 1.0}) {
    const TimePoint started = At(10.0 * static_cast<double>(++id));
    estimate.Started(id, started);
    estimate.Responded(id, started + Seconds(sample));
    estimate.Finished(id, started + Seconds(sample));
    deviation = id == 1 ? sample / 2 : 0.875 * deviation + 0.125 * std::abs(mean - sample);
    mean = id == 1 ? sample : 0.875 * mean + 0.125 * sample;
    EXPECT_NEAR(ToSeconds(estimate.time_to_first_byte()), mean, 1e-5);
    EXPECT_NEAR(ToSeconds(estimate.ttfb_deviation()), deviation, 1e-5);
  }
}

TEST(CdnEstimate, TransferThatWaitsLongerThanTheMeanCountsBeforeItIsAnswered) {
  Cdn cdn;
  for (int i = 0; i < 10; ++i) cdn.Fetch(1'000);
  const Duration mean = cdn.estimate.time_to_first_byte();
  const Duration calm = cdn.estimate.Need(60'000, Duration{}, cdn.now);
  cdn.estimate.Started(99, cdn.now);
  EXPECT_EQ(cdn.estimate.Need(60'000, Duration{}, cdn.now + mean), calm);
  EXPECT_GT(cdn.estimate.Need(60'000, Duration{}, cdn.now + 2 * mean), calm);

  const TimePoint answered = cdn.now + Seconds(1);
  const Duration expected_mean = cdn.estimate.TimeToFirstByteAt(answered);
  const Duration expected_deviation = cdn.estimate.DeviationAt(answered);
  cdn.estimate.Responded(99, answered);
  EXPECT_EQ(cdn.estimate.time_to_first_byte(), expected_mean);
  EXPECT_EQ(cdn.estimate.ttfb_deviation(), expected_deviation);
}

TEST(CdnEstimate, TransferThatIsNeverAnsweredLeavesNoTrace) {
  Cdn cdn;
  cdn.Fetch(1'000'000);
  const Duration need = cdn.estimate.Need(60'000, Duration{}, cdn.now);
  cdn.estimate.Started(99, cdn.now);
  cdn.estimate.Finished(99, cdn.now + Seconds(8));
  EXPECT_EQ(cdn.estimate.Need(60'000, Duration{}, cdn.now + Seconds(8)), need);
}

TEST(CdnEstimate, IgnoresTransfersItDoesNotKnow) {
  CdnEstimate estimate;
  estimate.Responded(5, At(1));
  estimate.Received(5, 1'000'000, At(2));
  estimate.Finished(5, At(3));
  EXPECT_FALSE(estimate.measured());
  EXPECT_EQ(estimate.time_to_first_byte(), CdnEstimate::kInitialTtfb);
}

// ---- Margins
// -------------------------------------------------------------------------------------

TEST(CdnEstimate, MarginsFollowTheirFormulas) {
  Cdn cdn;
  cdn.Fetch(1'000'000);
  for (const int ttfb : {90, 40}) {
    cdn.ttfb = Milliseconds(ttfb);
    cdn.Fetch(1'000'000);
  }
  const double rate = cdn.estimate.bytes_per_second();
  const double ttfb = ToSeconds(cdn.estimate.time_to_first_byte());
  const double deviation = ToSeconds(cdn.estimate.ttfb_deviation());
  const double transfer = 400'000 / (0.85 * rate);
  EXPECT_NEAR(ToSeconds(cdn.estimate.Need(400'000, Duration{}, cdn.now)),
              1.5 * transfer + 0.3 + ttfb + 3 * deviation, 2e-6);
  EXPECT_NEAR(ToSeconds(cdn.estimate.LastSafe(400'000, Duration{}, cdn.now)),
              transfer + ttfb + 2.5 * deviation + 0.2, 2e-6);
}

TEST(CdnEstimate, MarginsAreNoShorterThanTheLastAnswerTook) {
  Cdn cdn;
  for (int i = 0; i < 20; ++i) cdn.Fetch(1'000'000);
  cdn.ttfb = Milliseconds(1200);
  cdn.Fetch(1'000'000);
  const double transfer = 400'000 / (0.85 * cdn.estimate.bytes_per_second());
  const double deviation = ToSeconds(cdn.estimate.ttfb_deviation());
  ASSERT_LT(ToSeconds(cdn.estimate.time_to_first_byte()) + 3 * deviation, 1.2);
  EXPECT_NEAR(ToSeconds(cdn.estimate.LastSafe(400'000, Duration{}, cdn.now)),
              transfer + 1.2 + deviation + 0.2, 2e-6);
  EXPECT_NEAR(ToSeconds(cdn.estimate.Need(400'000, Duration{}, cdn.now)),
              1.5 * transfer + 0.3 + 1.2 + deviation, 2e-6);
}

TEST(CdnEstimate, DoubtCountsWhereItExceedsWhatWasMeasured) {
  Cdn cdn;
  cdn.Fetch(1'000'000);
  const Duration deviation = cdn.estimate.ttfb_deviation();
  ASSERT_GT(deviation, Duration{});
  const Duration need = cdn.estimate.Need(400'000, Duration{}, cdn.now);
  EXPECT_EQ(cdn.estimate.Need(400'000, 3 * deviation, cdn.now), need);
  EXPECT_EQ(cdn.estimate.Need(400'000, 3 * deviation + Seconds(1), cdn.now), need + Seconds(1));
  const Duration last = cdn.estimate.LastSafe(400'000, Duration{}, cdn.now);
  EXPECT_NEAR(ToSeconds(cdn.estimate.LastSafe(400'000, 3 * deviation, cdn.now) - last),
              0.5 * ToSeconds(deviation), 2e-6);
}

TEST(CdnEstimate, MarginsStayFinite) {
  CdnEstimate estimate;
  EXPECT_EQ(estimate.Need(UINT64_MAX, Duration{}, At(0)), CdnEstimate::kMarginMax);
  EXPECT_EQ(estimate.LastSafe(UINT64_MAX, Duration{}, At(0)), CdnEstimate::kMarginMax);
}

}  // namespace
}  // namespace shoal::core
