#include "common/time/system_clock.h"

#include <ctime>

namespace shoal {

TimePoint SystemClock::Now() const {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return TimePoint(Duration(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

}  // namespace shoal
