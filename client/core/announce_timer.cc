#include "client/core/announce_timer.h"

#include <algorithm>

namespace shoal::core {

void AnnounceTimer::OnAnswered(Duration interval, TimePoint now) {
  failures_ = 0;
  interval_ = std::clamp(interval, kIntervalMin, kIntervalMax);
  if (!next_) next_ = now + *interval_;
}

void AnnounceTimer::OnFailed(TimePoint now, Random& random) {
  Duration wait = interval_ ? Seconds(ToSeconds(*interval_) * kRetryShare) : kRetryUntold;
  if (failures_ < kQuickRetries.size()) wait = std::min(wait, kQuickRetries[failures_]);
  ++failures_;
  next_ = now + random.Uniform(wait / 2, wait * 3 / 2);
}

}  // namespace shoal::core
