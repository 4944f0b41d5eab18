#include "tests/bench/announce_load/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/random/random.h"

namespace shoal::bench {
namespace {

TEST(LatencyHistogramTest, KnowsNothingAtFirst) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Quantile(0.99), Duration(0));
}

TEST(LatencyHistogramTest, OneLatencyIsEveryQuantile) {
  LatencyHistogram histogram;
  histogram.Record(Microseconds(123'456));
  for (const double q : {0.001, 0.5, 1.0}) {
    EXPECT_EQ(histogram.Quantile(q), Microseconds(123'456)) << q;
  }
}

TEST(LatencyHistogramTest, SmallLatenciesAreExact) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 200; ++i) histogram.Record(Microseconds(i));
  EXPECT_EQ(histogram.Quantile(0.5), Microseconds(100));
  EXPECT_EQ(histogram.Quantile(0.99), Microseconds(198));
  EXPECT_EQ(histogram.Quantile(1.0), Microseconds(200));
}

TEST(LatencyHistogramTest, QuantilesOverSixMagnitudesAreRightToOnePercent) {
  Random random(7);
  LatencyHistogram histogram;
  std::vector<Duration> latencies;
  for (int i = 0; i < 20'000; ++i) {
    latencies.push_back(Seconds(std::pow(10, random.Uniform(-6, 1.9))));
    histogram.Record(latencies.back());
  }
  std::sort(latencies.begin(), latencies.end());
  for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 20'000));
    const double exact = ToSeconds(latencies[rank - 1]);
    EXPECT_NEAR(ToSeconds(histogram.Quantile(q)), exact, 0.01 * exact + 1e-6) << q;
  }
}

TEST(LatencyHistogramTest, WhatIsOutOfRangeCountsAsTheNearest) {
  LatencyHistogram histogram;
  histogram.Record(Microseconds(-5));
  EXPECT_EQ(histogram.Quantile(1.0), Duration(0));
  histogram.Record(Seconds(1e6));
  EXPECT_EQ(histogram.max(), LatencyHistogram::kMost);
  EXPECT_EQ(histogram.Quantile(1.0), LatencyHistogram::kMost);
  EXPECT_EQ(histogram.count(), 2u);
}

}  // namespace
}  // namespace shoal::bench
