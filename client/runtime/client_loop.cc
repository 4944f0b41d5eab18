#include "client/runtime/client_loop.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <chrono>
#include <utility>

namespace shoal::runtime {
namespace {

// The timer is looked at again at least this often, whatever the core says: the machine may have
// slept, and asio's steady clock stands still meanwhile while ours goes on.
constexpr Duration kLongestSleep = Seconds(1);
// Wake-ups that are due at once come this much later: many fall together then, and a core that
// always wanted to be woken could not starve the rest of the loop.
constexpr Duration kShortestSleep = Milliseconds(1);

}  // namespace

ClientLoop::ClientLoop(boost::asio::io_context& io, const Clock& clock, core::ClientCore& core,
                       ActionExecutor& executor)
    : clock_(clock), core_(core), executor_(executor), timer_(io) {}

void ClientLoop::Post(core::Event event, absl::string_view payload) {
  if (stopped_) return;
  if (handling_) {
    waiting_.push_back({std::move(event), std::string(payload)});
    return;
  }
  Handle(event, payload);
  while (!waiting_.empty() && !stopped_) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    Handle(next.event, next.payload);
  }
  if (!stopped_) Arm();
}

void ClientLoop::Handle(const core::Event& event, absl::string_view payload) {
  handling_ = true;
  ++events_;
  const core::ActionList actions = core_.Handle(event, clock_.Now());
  for (const core::Action& action : actions) executor_.Execute(action, payload);
  handling_ = false;
}

void ClientLoop::Arm() {
  const std::optional<TimePoint> wakeup = core_.NextWakeup();
  if (!wakeup) {
    if (armed_for_) timer_.cancel();
    armed_for_.reset();
    return;
  }
  if (armed_for_ == wakeup) return;
  armed_for_ = wakeup;
  const Duration sleep =
      std::clamp(Duration(*wakeup - clock_.Now()), kShortestSleep, kLongestSleep);
  timer_.expires_after(sleep);
  timer_.async_wait([this](const boost::system::error_code& error) {
    // A cancelled wait was replaced by another, or there is nothing to wait for.
    if (error == boost::asio::error::operation_aborted || stopped_) return;
    armed_for_.reset();
    const std::optional<TimePoint> due = core_.NextWakeup();
    if (due && *due <= clock_.Now()) {
      Post(core::TimerFired{});
    } else {
      Arm();
    }
  });
}

void ClientLoop::Stop() {
  stopped_ = true;
  waiting_.clear();
  timer_.cancel();
}

}  // namespace shoal::runtime
