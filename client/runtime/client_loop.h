// The heart of the client: event -> core -> actions, and one timer for the core's next wake-up.
//
// Not re-entrant: an event that comes up while actions are carried out waits until they are done,
// so that the core never sees its actions half carried out.
//
// Ownership: borrows everything given, which must outlive it.
// Threads:   the thread that runs `io` only.
#ifndef SHOAL_CLIENT_RUNTIME_CLIENT_LOOP_H_
#define SHOAL_CLIENT_RUNTIME_CLIENT_LOOP_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>  // Boost 1.74's Asio needs it first.

#include "client/core/client_core.h"
#include "client/runtime/event_sink.h"
#include "common/time/time.h"

namespace shoal::runtime {

// Carries out what the core wants.
class ActionExecutor {
 public:
  virtual ~ActionExecutor() = default;
  // `payload` is that of the event being handled. May post events; they are handled later.
  virtual void Execute(const core::Action& action, absl::string_view payload) = 0;
};

class ClientLoop final : public EventSink {
 public:
  ClientLoop(boost::asio::io_context& io, const Clock& clock, core::ClientCore& core,
             ActionExecutor& executor);

  void Post(core::Event event, absl::string_view payload = {}) override;

  // Forgets the timer and ignores all further events.
  void Stop();

  std::uint64_t events() const { return events_; }

 private:
  struct Waiting {
    core::Event event;
    std::string payload;
  };

  void Handle(const core::Event& event, absl::string_view payload);
  void Arm();

  const Clock& clock_;
  core::ClientCore& core_;
  ActionExecutor& executor_;

  bool handling_ = false;
  bool stopped_ = false;
  std::uint64_t events_ = 0;
  std::deque<Waiting> waiting_;
  boost::asio::steady_timer timer_;
  std::optional<TimePoint> armed_for_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_CLIENT_LOOP_H_
