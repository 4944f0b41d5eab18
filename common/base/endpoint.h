// Where a member listens for links: an IP address and a port. Threads: a value.
#ifndef SHOAL_COMMON_BASE_ENDPOINT_H_
#define SHOAL_COMMON_BASE_ENDPOINT_H_

#include <cstdint>
#include <string>

namespace shoal {

struct Endpoint {
  // 4 bytes (IPv4) or 16 bytes (IPv6) in network order; empty when there is no address.
  std::string address;
  std::uint16_t port = 0;  // 0: not listening

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_ENDPOINT_H_
