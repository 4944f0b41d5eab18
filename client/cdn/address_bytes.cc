#include "client/cdn/address_bytes.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace shoal::cdn {
namespace {

std::string Bytes(const in_addr& address) {
  return std::string(reinterpret_cast<const char*>(&address), sizeof(address));
}

std::string Bytes(const in6_addr& address) {
  const std::string bytes(reinterpret_cast<const char*>(&address), sizeof(address));
  return IN6_IS_ADDR_V4MAPPED(&address) ? bytes.substr(12) : bytes;
}

}  // namespace

std::string AddressBytes(const sockaddr& address) {
  switch (address.sa_family) {
    case AF_INET:
      return Bytes(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
    case AF_INET6:
      return Bytes(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
    default:
      return "";
  }
}

std::string AddressBytes(absl::string_view text) {
  const std::string terminated(text);
  in_addr v4{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) return Bytes(v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), &v6) == 1) return Bytes(v6);
  return "";
}

}  // namespace shoal::cdn
