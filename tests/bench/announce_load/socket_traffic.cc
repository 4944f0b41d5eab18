#include "tests/bench/announce_load/socket_traffic.h"

// The kernel's tcp_info has fields that the one of <netinet/tcp.h> lacks; they exclude each other.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace shoal::bench {

SocketTraffic ReadSocketTraffic(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return {.bytes_sent = info.tcpi_bytes_sent,
          .bytes_received = info.tcpi_bytes_received,
          .packets_sent = info.tcpi_segs_out,
          .packets_received = info.tcpi_segs_in};
}

}  // namespace shoal::bench
