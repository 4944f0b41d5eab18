// How long what is sent on a link stands in queues: its delay one way, less the least delay seen
// (RFC 6817, LEDBAT, section 3.4.2: base delay).
//
// Delays are differences between the receiver's clock and the sender's, in milliseconds and modulo
// 2^16: neither clock need be right, as only the change counts. The least delay is forgotten after
// kMemory or twice that, for clocks drift apart (some milliseconds a minute at worst) and ways
// change. A link that is opened while the sender's line is full never sees the way empty; so the
// first delay counts as what the sender knows of its queue from other links (the latecomer of RFC
// 6817, section 4.4).
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_CLIENT_CORE_BASE_DELAY_H_
#define SHOAL_CLIENT_CORE_BASE_DELAY_H_

#include <algorithm>
#include <cstdint>

#include "common/time/time.h"

namespace shoal::core {

class BaseDelay {
 public:
  static constexpr Duration kMemory = Seconds(60);

  // How much longer than the base `delay_ms` is; at most 32.767 s. `queued`: what the sender takes
  // its own queue for.
  Duration Above(std::uint16_t delay_ms, Duration queued, TimePoint now) {
    if (!known_) {
      const auto empty = static_cast<std::uint16_t>(delay_ms - queued / Milliseconds(1));
      known_ = true;
      before_ = least_ = empty;
      slot_ends_ = now + kMemory;
    } else if (now >= slot_ends_) {
      before_ = least_;
      least_ = delay_ms;
      slot_ends_ = now + kMemory;
    } else if (Difference(delay_ms, least_) < 0) {
      least_ = delay_ms;
    }
    const int above = std::max(Difference(delay_ms, least_), Difference(delay_ms, before_));
    return Milliseconds(std::max(above, 0));
  }

 private:
  // On a circle of 2^16, the shorter way.
  static int Difference(std::uint16_t a, std::uint16_t b) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(a - b));
  }

  bool known_ = false;
  std::uint16_t before_ = 0;  // the least of the last kMemory but this
  std::uint16_t least_ = 0;   // of this one
  TimePoint slot_ends_{};
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_BASE_DELAY_H_
