// The machine's monotonic clock; it goes on while the machine sleeps (CLOCK_BOOTTIME), so that a
// client notices after waking up how much it missed. Threads: any.
#ifndef SHOAL_COMMON_TIME_SYSTEM_CLOCK_H_
#define SHOAL_COMMON_TIME_SYSTEM_CLOCK_H_

#include "common/time/time.h"

namespace shoal {

class SystemClock final : public Clock {
 public:
  TimePoint Now() const override;
};

}  // namespace shoal

#endif  // SHOAL_COMMON_TIME_SYSTEM_CLOCK_H_
