// Decides everything the client does: when to fetch the playlist, which pieces to fetch from the
// CDN for the swarm, which to pull from whom, whom to send what, when to hand off to the CDN, when
// to answer the player, when to leave.
//
// Sans-IO: feed one Event with the current time, carry out every returned Action in order, then
// sleep until NextWakeup() and feed TimerFired. The same inputs and seed give the same actions on
// any machine.
//
// Ownership: copies what it keeps. It holds no segment bytes, only which ones are held.
// Threads:   not thread-safe; the loop's thread is the only caller.
// Time:      `now` never decreases.
// Errors:    failures of the network are events, not return values. No event can crash it.
#ifndef SHOAL_CLIENT_CORE_CLIENT_CORE_H_
#define SHOAL_CLIENT_CORE_CLIENT_CORE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "client/core/actions.h"
#include "client/core/config.h"
#include "client/core/events.h"
#include "client/core/figures.h"
#include "common/base/ids.h"
#include "common/time/time.h"

namespace shoal::core {

class Engine;

class ClientCore {
 public:
  // `self` is this client's peer id; `seed` the only randomness.
  ClientCore(const CoreConfig& config, const PeerId& self, std::uint64_t seed);
  ~ClientCore();
  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;

  // Handles one event. REQUIRES: now >= the `now` of the previous call.
  [[nodiscard]] ActionList Handle(const Event& event, TimePoint now);

  // Earliest time at which Handle(TimerFired{}, t) can change anything; nullopt when idle.
  std::optional<TimePoint> NextWakeup() const;

  // What Hello and announces say of this client's upload.
  UploadClass upload_class() const;

  // Bytes of segments held, as Figures() has them, but without summing up the rest.
  std::uint64_t cache_bytes() const;

  // What was counted so far.
  CoreFigures Figures() const;

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_CLIENT_CORE_H_
