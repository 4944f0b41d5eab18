// Which addresses are not on the public Internet. A proxy that fetches what foreign playlists and
// redirects name must not become a way into its owner's network.
//
// Not public: everything that the IANA special-purpose registries (RFC 6890) do not call globally
// reachable: this host (0/8, ::), loopback, RFC 1918, shared addresses of carriers (100.64/10),
// link-local, unique local, multicast, documentation, benchmarking and reserved ranges, and IPv6
// forms that carry such an IPv4 address within them (mapped, compatible, NAT64, 6to4, Teredo).
// Threads: any.
#ifndef SHOAL_CLIENT_HLS_PRIVATE_ADDRESS_H_
#define SHOAL_CLIENT_HLS_PRIVATE_ADDRESS_H_

#include "absl/strings/string_view.h"

namespace shoal::hls {

// Whether the address is not public. `address`: 4 or 16 bytes in network order; any other length
// counts as private, for nothing is known of it.
bool IsPrivateAddress(absl::string_view address);

// Whether a host as it stands in a URL is known not to be public without asking the DNS: an IP
// literal of such a range (IPv6 with or without brackets; IPv4 also in the shortened, octal and
// hexadecimal spellings that inet_aton and curl read, "127.1", "0x7f000001"), localhost, a name
// without a dot, or one under .localhost, .local, .internal, .lan, .home.arpa. A name for which it
// is false may still resolve to a private address: check that address, too, when it is known.
bool IsPrivateHost(absl::string_view host);

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_PRIVATE_ADDRESS_H_
