// One direction of a viewer's access line: a rate and a queue in order of arrival, as of a router
// that drops nothing.
//
// Bytes are what TCP carries (messages with the framing of gRPC and HTTP/2; bodies without HTTP's
// heads); headers of TCP and IP are part of neither rates nor sizes.
//
// Threads: a value.
#ifndef SHOAL_TESTS_SIM_WORLD_LINE_H_
#define SHOAL_TESTS_SIM_WORLD_LINE_H_

#include <algorithm>
#include <cstdint>

#include "common/time/time.h"

namespace shoal::sim {

class Line {
 public:
  // REQUIRES: bytes_per_second > 0.
  explicit Line(double bytes_per_second)
      : bytes_per_second_(bytes_per_second), ns_per_byte_(1e9 / bytes_per_second) {}

  // Appends `bytes` at `now`; returns when the last of them is through.
  TimePoint Enqueue(TimePoint now, std::uint32_t bytes) {
    free_ns_ = std::max(free_ns_, ToNs(now)) + Cost(bytes);
    return ToTime(free_ns_);
  }

  // For the receiving end: bytes that come over another line and whose last comes at `now`. They
  // pass while they come, so nothing is added unless this line has more to do.
  TimePoint Pass(TimePoint now, std::uint32_t bytes) {
    const std::int64_t now_ns = ToNs(now);
    free_ns_ = std::max(now_ns, std::max(free_ns_, now_ns - Cost(bytes)) + Cost(bytes));
    return ToTime(free_ns_);
  }

  // When all that was appended is through.
  TimePoint free_at() const { return ToTime(free_ns_); }
  double bytes_per_second() const { return bytes_per_second_; }

 private:
  static std::int64_t ToNs(TimePoint time) { return time.time_since_epoch().count() * 1000; }
  static TimePoint ToTime(std::int64_t ns) { return TimePoint(Microseconds((ns + 999) / 1000)); }
  std::int64_t Cost(std::uint32_t bytes) const {
    return static_cast<std::int64_t>(static_cast<double>(bytes) * ns_per_byte_);
  }

  double bytes_per_second_;
  double ns_per_byte_;
  std::int64_t free_ns_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_LINE_H_
