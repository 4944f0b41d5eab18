// A clock that stands still while the process does.
//
// A process that was stopped, or whose machine was, finds that minutes have passed in which nobody
// could reach it: whoever was to call within them has had no chance to. By this clock they have not
// passed.
//
// Ownership: borrows the clock that it reads. Threads: any.
// REQUIRES: while the process runs it is read at least once in kStandstill.
#ifndef SHOAL_COMMON_TIME_RUNNING_CLOCK_H_
#define SHOAL_COMMON_TIME_RUNNING_CLOCK_H_

#include <atomic>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/time/time.h"

namespace shoal {

class RunningClock final : public Clock {
 public:
  // Not read for longer than this: it stood still. What a busy machine may take is far less.
  static constexpr Duration kStandstill = Seconds(5);

  explicit RunningClock(const Clock& clock)
      : clock_(clock), last_(clock.Now().time_since_epoch().count()) {}

  TimePoint Now() const override;

 private:
  void LeaveOutStandstill(Duration::rep now) const;

  const Clock& clock_;
  // When it was last read, but for a tenth of a second; the time left out so far; and the least that
  // it may tell. The first is changed last.
  mutable std::atomic<Duration::rep> last_;
  mutable std::atomic<Duration::rep> left_out_{0};
  mutable std::atomic<Duration::rep> least_{0};
  mutable absl::Mutex mu_;  // held by who changes them
};

}  // namespace shoal

#endif  // SHOAL_COMMON_TIME_RUNNING_CLOCK_H_
