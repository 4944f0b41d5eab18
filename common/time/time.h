// Time as the pure code sees it: points on a timeline that has no now(), so that code which is
// handed a time cannot read a clock by itself (it would not compile). Microseconds. Threads:
// values.
#ifndef SHOAL_COMMON_TIME_TIME_H_
#define SHOAL_COMMON_TIME_TIME_H_

#include <chrono>
#include <cstdint>

namespace shoal {

using Duration = std::chrono::duration<std::int64_t, std::micro>;

// The clock tag of TimePoint. Deliberately without now().
struct Timeline {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<Timeline, Duration>;
  static constexpr bool is_steady = true;
};

using TimePoint = Timeline::time_point;

constexpr Duration Microseconds(std::int64_t n) { return Duration(n); }
constexpr Duration Milliseconds(std::int64_t n) { return Duration(n * 1000); }
constexpr Duration Seconds(double s) { return Duration(static_cast<std::int64_t>(s * 1e6)); }
constexpr double ToSeconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }

// Where a program gets the present from. Only main loops hold one.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never decreases. Threads: any.
  virtual TimePoint Now() const = 0;
};

}  // namespace shoal

#endif  // SHOAL_COMMON_TIME_TIME_H_
