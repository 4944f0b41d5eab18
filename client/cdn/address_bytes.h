// IP addresses as 4 or 16 bytes in network order, the way Endpoint::address has them; an IPv4
// address mapped into IPv6 becomes 4 bytes, so that nothing hides in the mapping. Threads: any.
#ifndef SHOAL_CLIENT_CDN_ADDRESS_BYTES_H_
#define SHOAL_CLIENT_CDN_ADDRESS_BYTES_H_

#include <sys/socket.h>

#include <string>

#include "absl/strings/string_view.h"

namespace shoal::cdn {

// Empty if it is neither IPv4 nor IPv6.
std::string AddressBytes(const sockaddr& address);
// Of the written form, as in "192.0.2.1" or "2001:db8::1"; empty if it is neither.
std::string AddressBytes(absl::string_view text);

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_ADDRESS_BYTES_H_
