// Links to other clients: for each peer and swarm one bidirectional gRPC stream of
// proto/shoal/v1/peer.proto, opened by either side.
//
// The transport carries messages and checks their form: Hello first and once, lengths of ids,
// counts, sizes, offsets within a piece. Whatever breaks a limit ends the link with kMisbehaved. It
// does not judge what messages mean, nor who should be linked to whom; of two links between a pair
// its user closes one.
//
// Control messages overtake Data that is still queued here. A payload is copied once when it is
// sent (out of the cache) and not at all when it is received, unless gRPC read it in two halves.
// When the peer cancels a pull, what is queued here for it is dropped; the Cancel that the listener
// gets says how much that was.
//
// Threads: loop thread only, and all calls of the listener come on it. gRPC's own threads only move
//          bytes and post to the loop.
// Ownership: borrows `loop` and `listener`, which must outlive it.
// Ids: of links count from 1 and are never reused. A call for a link that has ended is
//      ignored, since the news of its end may still be on the way.
#ifndef SHOAL_CLIENT_PEER_LINK_TRANSPORT_H_
#define SHOAL_CLIENT_PEER_LINK_TRANSPORT_H_

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>  // Boost 1.74's Asio needs it first.

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/core/messages.h"
#include "client/core/types.h"
#include "client/peer/link_limits.h"
#include "client/peer/link_listener.h"
#include "common/base/endpoint.h"
#include "common/base/ids.h"

namespace shoal::peer {

// What went over all links since the start. Control means everything but Data.
struct LinkFigures {
  std::uint64_t control_messages_sent = 0;
  std::uint64_t control_bytes_sent = 0;  // as encoded, without gRPC's and TCP's framing
  std::uint64_t data_messages_sent = 0;
  std::uint64_t data_bytes_sent = 0;     // payload
  std::uint64_t data_bytes_dropped = 0;  // of that: cancelled by the peer before it left
  std::uint64_t control_messages_received = 0;
  std::uint64_t control_bytes_received = 0;
  std::uint64_t data_messages_received = 0;
  std::uint64_t data_bytes_received = 0;
  std::uint64_t dials = 0;
  std::uint64_t dials_failed = 0;
  std::uint64_t links_accepted = 0;    // opened by a peer, Hello exchanged
  std::uint64_t inbound_refused = 0;   // by a limit on inbound links or connections
  std::uint64_t peers_misbehaved = 0;  // links ended because the peer broke the protocol
  std::uint64_t links_open = 0;        // now
};

class LinkTransport {
 public:
  LinkTransport(boost::asio::io_context& loop, LinkListener& listener,
                const LinkLimits& limits = {});
  // As Shutdown().
  ~LinkTransport();
  LinkTransport(const LinkTransport&) = delete;
  LinkTransport& operator=(const LinkTransport&) = delete;

  // Accepts links on `endpoint`, "[::]:0" or "127.0.0.1:7001"; port 0 takes a free one. "[::]"
  // takes IPv4 too, and stands for "0.0.0.0" on a machine without IPv6. Returns the port. Once at
  // most.
  absl::StatusOr<std::uint16_t> Listen(absl::string_view endpoint);

  // Opens a link; OnLinkOpened or OnDialFailed follows within `limits.handshake`. A peer that turns
  // out to be another than `expected` fails with kMisbehaved. Links to one endpoint share a
  // connection.
  core::LinkId Dial(const Endpoint& endpoint, const PeerId& expected, const LocalHello& hello);

  // Sends anything but Data, ahead of Data that is queued.
  void Send(core::LinkId link, const core::LinkMessage& message);

  // Sends Data; copies `payload`. REQUIRES: payload.size() == data.size <= core::kDataPayloadMax.
  void SendData(core::LinkId link, const core::Data& data, absl::string_view payload);

  // Drops what is queued, says Bye (unless `reason` is kUnspecified) and closes; no call for this
  // link follows. `detail` is for the peer's log, at most core::kByeDetailMax bytes of it are sent.
  void Close(core::LinkId link, core::ByeReason reason, absl::string_view detail = "");

  // Bytes given to Send and SendData that gRPC has not taken yet. 0 for a link that has ended.
  std::size_t QueuedBytes(core::LinkId link) const;

  LinkFigures figures() const;

  // Says Bye (kLeaving) on open links, gives them up to half a second to go out, ends everything
  // and stops listening. No call of the listener and no use of the loop afterwards. Blocks; call it
  // last. To leave without blocking, Close the links first and let the loop run for a moment.
  void Shutdown();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_TRANSPORT_H_
