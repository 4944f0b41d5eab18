// What a TCP socket has carried so far, as the kernel counts it. Threads: values.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SOCKET_TRAFFIC_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SOCKET_TRAFFIC_H_

#include <cstdint>

namespace shoal::bench {

struct SocketTraffic {
  // IPv4 and TCP with timestamps, as on any connection that is not new.
  static constexpr std::uint64_t kHeaderBytes = 20 + 32;

  // Bytes of the stream, those sent again included; packets, acknowledgements included.
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;

  // With all headers from IP on.
  std::uint64_t wire_bytes_sent() const { return bytes_sent + packets_sent * kHeaderBytes; }
  std::uint64_t wire_bytes_received() const {
    return bytes_received + packets_received * kHeaderBytes;
  }

  SocketTraffic& operator+=(const SocketTraffic& other) {
    bytes_sent += other.bytes_sent;
    bytes_received += other.bytes_received;
    packets_sent += other.packets_sent;
    packets_received += other.packets_received;
    return *this;
  }
  friend SocketTraffic operator-(const SocketTraffic& a, const SocketTraffic& b) {
    return {a.bytes_sent - b.bytes_sent, a.bytes_received - b.bytes_received,
            a.packets_sent - b.packets_sent, a.packets_received - b.packets_received};
  }
};

// All zero if the kernel does not say.
SocketTraffic ReadSocketTraffic(int socket);

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SOCKET_TRAFFIC_H_
