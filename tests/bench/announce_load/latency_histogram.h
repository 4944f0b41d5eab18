// How long many things took, in buckets whose width grows with the time: 128 to each doubling, so
// that any quantile is right to 1 % from a microsecond to a minute, in 30 KB whatever is recorded.
//
// Threads: a value.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LATENCY_HISTOGRAM_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LATENCY_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/time/time.h"

namespace shoal::bench {

class LatencyHistogram {
 public:
  LatencyHistogram();

  // A negative latency counts as 0, one over kMost as kMost.
  void Record(Duration latency);

  std::uint64_t count() const { return count_; }
  // The longest that was recorded, exact; 0 if nothing was.
  Duration max() const { return max_; }

  // The least time within which the share `q` of all was done, by the nearest rank: the bucket's
  // upper bound, but never more than max(). 0 if nothing was recorded. REQUIRES: 0 < q <= 1.
  Duration Quantile(double q) const;

  static constexpr Duration kMost = Seconds(120);

 private:
  static std::size_t BucketOf(std::uint64_t microseconds);
  static std::uint64_t LastOf(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Duration max_{};
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LATENCY_HISTOGRAM_H_
