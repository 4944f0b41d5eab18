// A point in time, or none: std::optional<TimePoint> in the room of a point. There are several for each
// piece of each segment.
// Threads: values.
#ifndef SHOAL_CLIENT_CORE_OPTIONAL_TIME_H_
#define SHOAL_CLIENT_CORE_OPTIONAL_TIME_H_

#include "common/time/time.h"

namespace shoal::core {

class OptionalTime {
 public:
  OptionalTime() = default;
  // REQUIRES: not TimePoint::min(), which stands for none.
  OptionalTime(TimePoint time) : time_(time) {}  // NOLINT: as std::optional has it

  explicit operator bool() const { return time_ != TimePoint::min(); }
  // REQUIRES: there is one.
  TimePoint operator*() const { return time_; }
  void reset() { time_ = TimePoint::min(); }

 private:
  TimePoint time_ = TimePoint::min();
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_OPTIONAL_TIME_H_
