// How many control messages a peer may still send: a token bucket in bytes. Threads: loop thread
// only.
#ifndef SHOAL_CLIENT_PEER_CONTROL_BUDGET_H_
#define SHOAL_CLIENT_PEER_CONTROL_BUDGET_H_

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "client/peer/link_limits.h"

namespace shoal::peer {

class ControlBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What a message costs beside its bytes.
  static constexpr double kMessageCost = 64;

  ControlBudget(const LinkLimits& limits, Time now)
      : rate_(limits.control_bytes_per_second),
        burst_(limits.control_bytes_burst),
        left_(burst_),
        at_(now) {}

  // Takes a message of `bytes` out of the budget. False if that is more than there is. REQUIRES:
  // now does not decrease.
  bool Spend(std::size_t bytes, Time now) {
    left_ = std::min(burst_, left_ + rate_ * std::chrono::duration<double>(now - at_).count());
    at_ = now;
    left_ -= static_cast<double>(bytes) + kMessageCost;
    return left_ >= 0;
  }

 private:
  double rate_;
  double burst_;
  double left_;
  Time at_;
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_CONTROL_BUDGET_H_
