// The share of this client's pieces that were handed off late, as a moving average over segments:
// how badly the swarm serves this client, and hence how much more it should seed.
//
// Threads: not thread-safe.
#ifndef SHOAL_CLIENT_CORE_LATE_SHARE_H_
#define SHOAL_CLIENT_CORE_LATE_SHARE_H_

#include <algorithm>
#include <cstdint>

#include "common/time/time.h"

namespace shoal::core {

class LateShare {
 public:
  static constexpr double kGain = 0.25;
  // A newcomer takes its first segments from the CDN whatever the swarm is like: they say nothing.
  static constexpr Duration kIgnored = Seconds(2);

  // `joined`: when this client began to play.
  explicit LateShare(TimePoint joined) : counts_from_(joined + kIgnored) {}

  // A segment is complete, or its time is over: of its `pieces`, `late` were handed off because
  // their time was up. Segments without pieces, and those done in the first kIgnored, are ignored.
  void SegmentDone(std::uint64_t pieces, std::uint64_t late, TimePoint now) {
    if (pieces == 0 || now < counts_from_) return;
    const double share = static_cast<double>(std::min(late, pieces)) / static_cast<double>(pieces);
    value_ += kGain * (share - value_);
  }

  // In [0, 1]; 0 at first.
  double value() const { return value_; }

 private:
  const TimePoint counts_from_;
  double value_ = 0;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_LATE_SHARE_H_
