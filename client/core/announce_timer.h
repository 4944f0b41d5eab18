// When to announce next. Pure: time and chance come in with each call.
//
// The tracker says how long to wait, by how much it has to do; that is obeyed within bounds. After a
// failure there are two quick tries, and then one in about each interval. So a tracker that comes
// back after an outage of any length is met by three to four times the calls that it is used to, and
// all its clients are back within one and a fifth of an interval. (With waits that double, each
// client that became due in the last ten minutes would call within the next ones: nine times.)
//
// Threads: loop thread only.
#ifndef SHOAL_CLIENT_CORE_ANNOUNCE_TIMER_H_
#define SHOAL_CLIENT_CORE_ANNOUNCE_TIMER_H_

#include <array>
#include <cstddef>
#include <optional>

#include "common/random/random.h"
#include "common/time/time.h"

namespace shoal::core {

class AnnounceTimer {
 public:
  // The interval is taken from the tracker within these.
  static constexpr Duration kIntervalMin = Seconds(1);
  static constexpr Duration kIntervalMax = Seconds(3600);
  // The waits after the first failures in a row, and those after any further one: a share of the
  // last interval, or while none is known a minute. All of them are off by half either way.
  static constexpr std::array<Duration, 2> kQuickRetries = {Seconds(1), Seconds(8)};
  static constexpr double kRetryShare = 0.8;
  static constexpr Duration kRetryUntold = Seconds(60);

  // The time has come; nullopt: no announce is planned.
  std::optional<TimePoint> next() const { return next_; }
  bool IsDue(TimePoint now) const { return next_ && *next_ <= now; }

  // There is something to tell the tracker.
  void Soon(TimePoint now) { next_ = now; }
  // It is being told. What comes up meanwhile is told thereafter.
  void OnSent() { next_.reset(); }
  void OnAnswered(Duration interval, TimePoint now);
  void OnFailed(TimePoint now, Random& random);

 private:
  std::optional<TimePoint> next_;
  std::optional<Duration> interval_;  // the last that was told
  std::size_t failures_ = 0;          // in a row
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_ANNOUNCE_TIMER_H_
