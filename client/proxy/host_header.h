// Whom a request names as its host. Threads: any.
#ifndef SHOAL_CLIENT_PROXY_HOST_HEADER_H_
#define SHOAL_CLIENT_PROXY_HOST_HEADER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace shoal::proxy {

// "host", "host:port", "[v6]" or "[v6]:port" taken apart.
struct HostAndPort {
  std::string host;  // lower case, without brackets
  bool is_ip_literal = false;
  std::optional<std::uint16_t> port;
};

// nullopt unless `value` is a host that RFC 9110, 7.2 allows, with an optional port; names hold
// letters, digits, '-', '.', '_' only.
std::optional<HostAndPort> ParseHostAndPort(absl::string_view value);

// Whether a request with this Host header may see the pages under "/-/": the host must be
// "localhost" (or under it), an IP address written as such, or `listening_host`, the name that the
// proxy was told to listen on. Any other name may be one that an attacker's DNS has just pointed at
// this machine, with the attacker's web page asking (DNS rebinding). The port does not matter.
bool IsLocalHostHeader(absl::string_view host_header, absl::string_view listening_host);

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_HOST_HEADER_H_
