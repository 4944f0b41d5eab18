// Bounds that keep peers from exhausting the client. All have a default that suits a client of a
// few streams; tests use smaller ones.
#ifndef SHOAL_CLIENT_PEER_LINK_LIMITS_H_
#define SHOAL_CLIENT_PEER_LINK_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "common/time/time.h"

namespace shoal::peer {

// Bytes of one message of the wire at most; a longer one ends the link. A Progress that would be
// longer is sent as several.
inline constexpr std::size_t kMessageBytesMax = 64 * 1024;

struct LinkLimits {
  // From Dial, or from the peer's stream, until both Hellos were exchanged.
  Duration handshake = Seconds(2);
  // How long a link that is closed may take to hand over its Bye before it is cut.
  Duration linger = Seconds(1);

  // Links that peers opened, whether or not Hello came: in all, and from one address (many clients
  // may share one).
  std::size_t inbound_links = 128;
  std::size_t inbound_links_per_address = 64;
  // TCP connections that peers opened, likewise.
  std::size_t inbound_connections = 192;
  std::size_t inbound_connections_per_address = 64;

  // Bytes queued for a peer that takes nothing, after which its link is closed; and over all links.
  std::size_t queued_bytes_per_link = 1u << 20;
  std::size_t queued_bytes = 8u << 20;
  // Bytes received on a link that the loop has not handled yet, beyond which nothing more is read.
  std::size_t unhandled_bytes_per_link = 64 * 1024;

  // Control messages, each counted as its bytes plus 64, that a peer may send per second in the
  // long run and at once. Beyond it floods, which ends the link.
  std::uint32_t control_bytes_per_second = 1u << 20;
  std::uint32_t control_bytes_burst = 4u << 20;

  // Memory that gRPC may use for all links together.
  std::size_t grpc_memory = 16u << 20;
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_LIMITS_H_
