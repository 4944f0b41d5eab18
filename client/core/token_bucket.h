// A hard limit on a rate: in any interval of length t no more than rate · t + depth bytes pass.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_CLIENT_CORE_TOKEN_BUCKET_H_
#define SHOAL_CLIENT_CORE_TOKEN_BUCKET_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "common/time/time.h"

namespace shoal::core {

class TokenBucket {
 public:
  // Full at first. REQUIRES: rate > 0 (bytes per second), depth >= 1 (bytes).
  TokenBucket(double rate, double depth) : rate_(rate), depth_(depth), tokens_(depth) {}

  // The largest number of bytes that ever passes at once.
  std::uint64_t depth() const { return static_cast<std::uint64_t>(depth_); }

  // Takes `bytes` if they may pass now. More than depth() never may.
  bool Take(std::uint64_t bytes, TimePoint now) {
    Refill(now);
    if (tokens_ < static_cast<double>(bytes)) return false;
    tokens_ -= static_cast<double>(bytes);
    return true;
  }

  // The earliest time at which Take(bytes, time) succeeds if nothing is taken before; `now` if it
  // would already. REQUIRES: bytes <= depth().
  TimePoint When(std::uint64_t bytes, TimePoint now) {
    Refill(now);
    const double lacking = static_cast<double>(bytes) - tokens_;
    if (lacking <= 0) return now;
    // One microsecond more than the quotient, so that rounding cannot wake the caller too early.
    return now + Microseconds(static_cast<std::int64_t>(std::ceil(lacking / rate_ * 1e6)) + 1);
  }

 private:
  void Refill(TimePoint now) {
    if (now > refilled_) {
      if (begun_) tokens_ = std::min(depth_, tokens_ + rate_ * ToSeconds(now - refilled_));
      refilled_ = now;
    }
    begun_ = true;
  }

  const double rate_;
  const double depth_;
  double tokens_;
  TimePoint refilled_{};
  bool begun_ = false;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_TOKEN_BUCKET_H_
