// What may still be ordered from one member without exceeding the upload that it announced: in any
// time T at most rate · (T + 0.5 s), or a piece if that is more. Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_UPLOAD_BUDGET_H_
#define SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_UPLOAD_BUDGET_H_

#include <algorithm>

#include "client/core/types.h"
#include "common/time/time.h"

namespace shoal::bench {

class UploadBudget {
 public:
  // Nothing that was not used within this time can be used later. It is also how long pieces wait in
  // line at most, which decides how fast they spread.
  static constexpr double kSavedSeconds = 0.5;

  UploadBudget() = default;
  UploadBudget(double bytes_per_s, TimePoint now)
      : rate_(bytes_per_s),
        most_(bytes_per_s > 0 ? std::max<double>(bytes_per_s * kSavedSeconds, core::kPieceSize)
                              : 0),
        left_(most_),
        at_(now) {}

  double rate() const { return rate_; }

  // Bytes that may be ordered now. Time: `now` never decreases.
  double Left(TimePoint now) {
    left_ = std::min(most_, left_ + rate_ * ToSeconds(now - at_));
    at_ = now;
    return left_;
  }
  // REQUIRES: bytes <= Left(now) was just found.
  void Take(double bytes) { left_ -= bytes; }

 private:
  double rate_ = 0;
  double most_ = 0;
  double left_ = 0;
  TimePoint at_{};
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_UPLOAD_BUDGET_H_
