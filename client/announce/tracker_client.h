// Talks to the tracker: turns the core's Announce into one call of shoal.v1.Tracker and its answer
// into AnnounceAnswered, checked.
//
// Keeps, for each swarm, the cookie of the last answer, so that the tracker can say what changed
// instead of everything; it is forgotten when the swarm is announced as started or stopped, and
// when an answer is nonsense.
//
// Threads: loop thread only; callbacks come on it, never from within a call made to this object.
// Ownership: borrows `loop`, which must outlive it.
// Errors: an unreachable, refusing, slow or nonsensical tracker is a Status for the callback.
#ifndef SHOAL_CLIENT_ANNOUNCE_TRACKER_CLIENT_H_
#define SHOAL_CLIENT_ANNOUNCE_TRACKER_CLIENT_H_

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>  // Boost 1.74's Asio needs it first.

#include "absl/status/statusor.h"
#include "client/core/actions.h"
#include "client/core/events.h"
#include "common/base/ids.h"
#include "common/time/time.h"

namespace shoal::announce {

// Swarms of one announce, as the protocol limits them.
inline constexpr std::size_t kSwarmsPerAnnounceMax = 64;
// Calls in flight at once; a further one fails with RESOURCE_EXHAUSTED.
inline constexpr std::size_t kAnnouncesInFlightMax = 8;
// How long one call may take.
inline constexpr Duration kAnnounceTimeout = Seconds(5);

// Since the start.
struct AnnounceFigures {
  std::uint64_t announces = 0;
  std::uint64_t failures = 0;
  // Protobuf bytes, without gRPC's and TCP's framing.
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

class TrackerClient {
 public:
  using Callback = std::function<void(absl::StatusOr<core::AnnounceAnswered>)>;

  // `target` is HOST:PORT. Connects with the first announce.
  TrackerClient(boost::asio::io_context& loop, const std::string& target, const PeerId& self);
  // As Shutdown().
  ~TrackerClient();
  TrackerClient(const TrackerClient&) = delete;
  TrackerClient& operator=(const TrackerClient&) = delete;

  // The port on which this client accepts links, said in every announce; 0 (at first): it does not.
  void set_port(std::uint16_t port);

  // Calls the tracker; `callback` gets the answer, or an error within kAnnounceTimeout. The answer
  // has an entry for each swarm that was not announced as stopped, in the order of the request,
  // except those for which a later announce was answered meanwhile. Members are well formed, are
  // not this client, and can be dialled only if they have an address and port to dial; intervals
  // outside the protocol's 15 s to 900 s count as the nearest of the two.
  // At most kSwarmsPerAnnounceMax swarms: more fail with INVALID_ARGUMENT.
  void Announce(const core::Announce& announce, Callback callback);

  std::size_t in_flight() const;
  const AnnounceFigures& figures() const;

  // Cancels what is in flight and waits for gRPC to let go of it (milliseconds). No callback is
  // called and the loop is not used afterwards.
  void Shutdown();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace shoal::announce

#endif  // SHOAL_CLIENT_ANNOUNCE_TRACKER_CLIENT_H_
