// One client, wired up: the core in the middle, the adapters around it, the runtime's services in
// between. It adds no policy.
//
//   player ── ProxyServer ── RequestRouter ─┬─ SegmentService ──┐
//                                           ├─ PlaylistService ─┼─ ClientLoop ── ClientCore
//                                           ├─ UnsharedService  │      │
//                                           └─ Relay            │      │
//   CDN ───── CdnClient ───── CdnFetcher, ResourceFetcher ──────┤  (actions)
//   peers ─── LinkTransport ─ LinkRouter ───────────────────────┤
//   tracker ─ TrackerClient ────────────────────────────────────┘
//
// Ownership: borrows `io` and `clock`, which must outlive it.
// Threads:   the thread that runs `io` only.
// Errors:    Create's are returned; from then on failures of the world degrade to the CDN.
#ifndef SHOAL_CLIENT_RUNTIME_CLIENT_H_
#define SHOAL_CLIENT_RUNTIME_CLIENT_H_

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>  // Boost 1.74's Asio needs it first.

#include "absl/status/statusor.h"
#include "client/runtime/options.h"
#include "client/runtime/snapshot.h"
#include "common/time/time.h"

namespace shoal::runtime {

// How long Stop waits for the tracker's answer, for goodbyes to go out, and for players' answers.
inline constexpr Duration kStopGrace = Seconds(1);

class Client {
 public:
  // Loads the identity, opens the ports and is ready for players. `seed` is the core's only
  // randomness. Errors say which option is at fault.
  static absl::StatusOr<std::unique_ptr<Client>> Create(boost::asio::io_context& io,
                                                        const Clock& clock, Options options,
                                                        std::uint64_t seed);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::uint16_t listen_port() const;
  std::uint16_t peer_port() const;  // 0: no links are accepted, since nobody would be told

  // Says goodbye to tracker and peers and lets answers end. `stopped` is called from the loop
  // within kStopGrace. Once at most.
  void Stop(std::function<void()> stopped);

  Snapshot TakeSnapshot() const;

 private:
  class Parts;
  explicit Client(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_CLIENT_H_
