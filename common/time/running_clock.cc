#include "common/time/running_clock.h"

#include <algorithm>

namespace shoal {
namespace {

// Not at every reading: the threads that read would take the memory from each other.
constexpr Duration kNotedEvery = Milliseconds(100);

}  // namespace

TimePoint RunningClock::Now() const {
  const Duration::rep now = clock_.Now().time_since_epoch().count();
  Duration::rep last = last_.load(std::memory_order_acquire);
  if (now - last > kStandstill.count()) {
    LeaveOutStandstill(now);
  } else if (now - last > kNotedEvery.count()) {
    // Unless another thread has noted a later time, or a standstill.
    last_.compare_exchange_strong(last, now, std::memory_order_acq_rel);
  }
  // Who has read the clock before a standstill and comes here after it must not step back.
  return TimePoint(Duration(std::max(now - left_out_.load(std::memory_order_acquire),
                                     least_.load(std::memory_order_acquire))));
}

void RunningClock::LeaveOutStandstill(Duration::rep now) const {
  absl::MutexLock lock(&mu_);
  const Duration::rep last = last_.load(std::memory_order_relaxed);
  if (now - last <= kStandstill.count()) return;  // another thread has done it
  const Duration::rep left_out = left_out_.load(std::memory_order_relaxed);
  // It may have been read after it was last noted.
  const Duration::rep resumed = last + kNotedEvery.count();
  least_.store(resumed - left_out, std::memory_order_release);
  left_out_.store(left_out + now - resumed, std::memory_order_release);
  last_.store(now, std::memory_order_release);
}

}  // namespace shoal
