#include "tests/bench/announce_load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace shoal::bench {
namespace {

constexpr int kBitsOfABucket = 7;
constexpr std::uint64_t kPerDoubling = 1u << kBitsOfABucket;

}  // namespace

LatencyHistogram::LatencyHistogram()
    : buckets_(BucketOf(static_cast<std::uint64_t>(kMost.count())) + 1) {}

// Times below two doublings' worth of buckets have one each. Above, the bits under the highest
// kBitsOfABucket + 1 are dropped.
std::size_t LatencyHistogram::BucketOf(std::uint64_t microseconds) {
  const int bits = std::bit_width(microseconds);
  const int dropped = std::max(0, bits - kBitsOfABucket - 1);
  return static_cast<std::size_t>(dropped) * kPerDoubling + (microseconds >> dropped);
}

std::uint64_t LatencyHistogram::LastOf(std::size_t bucket) {
  const std::size_t doubling = bucket / kPerDoubling;
  const std::size_t dropped = doubling < 2 ? 0 : doubling - 1;
  const std::uint64_t kept = bucket - dropped * kPerDoubling;
  return ((kept + 1) << dropped) - 1;
}

void LatencyHistogram::Record(Duration latency) {
  latency = std::clamp(latency, Duration(0), kMost);
  ++buckets_[BucketOf(static_cast<std::uint64_t>(latency.count()))];
  ++count_;
  max_ = std::max(max_, latency);
}

Duration LatencyHistogram::Quantile(double q) const {
  if (count_ == 0) return Duration(0);
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(Duration(static_cast<std::int64_t>(LastOf(i))), max_);
  }
  return max_;
}

}  // namespace shoal::bench
