// IP addresses and endpoints as text: what gRPC says a peer is, what people write, and back.
//
// Addresses are 4 bytes (IPv4) or 16 bytes (IPv6) in network order, as in Endpoint. An IPv6 address
// that stands for an IPv4 one (::ffff:a.b.c.d, which is what a socket on [::] sees of IPv4 callers)
// becomes those 4 bytes everywhere here, so that one machine has one address. Host names are not
// resolved; IPv6 scopes ("%eth0") are dropped.
//
// Threads: any.
#ifndef SHOAL_COMMON_GRPC_IP_ADDRESS_H_
#define SHOAL_COMMON_GRPC_IP_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/endpoint.h"

namespace shoal {

// "10.1.2.3", "::1", "[::1]", "fe80::1%eth0" -> 4 or 16 bytes.
absl::StatusOr<std::string> ParseAddress(absl::string_view text);

// "10.1.2.3:80", "[::1]:80". The port is needed, 0 to 65535, decimal.
absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text);

// What grpc::ServerContext::peer() returns: "ipv4:10.1.2.3:80", "ipv6:%5B::1%5D:80" (or with plain
// brackets). Anything else, such as "unix:/run/x", is an error: it has no IP address.
absl::StatusOr<Endpoint> ParsePeerUri(absl::string_view uri);

// `address` as the 4 bytes of IPv4 if it is an IPv6 address that stands for one, else as it is.
std::string AddressWithoutMapping(absl::string_view address);

// "10.1.2.3", "::1"; "-" if `address` has neither 4 nor 16 bytes.
std::string FormatAddress(absl::string_view address);

// "10.1.2.3:80", "[::1]:80": what ParseEndpoint reads and what gRPC takes as a target.
std::string FormatEndpoint(const Endpoint& endpoint);

// 127.0.0.0/8 and ::1.
bool IsLoopback(absl::string_view address);

// 0.0.0.0 and ::.
bool IsUnspecified(absl::string_view address);

// A block of addresses in CIDR notation (RFC 4632, RFC 4291), such as 10.0.0.0/8. A value.
class AddressBlock {
 public:
  // "10.0.0.0/8", "fd00::/8"; an address without a prefix length means that address alone. Bits
  // beyond the prefix must be zero, since the writer probably meant something else.
  static absl::StatusOr<AddressBlock> Parse(absl::string_view text);

  // `address` as above. False for an address of the other family.
  bool Contains(absl::string_view address) const;

  // The bytes of its first address, 4 or 16, and how many bits all its addresses have in common.
  absl::string_view network() const { return network_; }
  int prefix_bits() const { return prefix_bits_; }

  // As written by Parse's reader, always with a prefix length.
  std::string ToString() const;

  friend bool operator==(const AddressBlock&, const AddressBlock&) = default;

 private:
  AddressBlock(std::string network, int prefix_bits)
      : network_(std::move(network)), prefix_bits_(prefix_bits) {}

  std::string network_;
  int prefix_bits_;
};

}  // namespace shoal

#endif  // SHOAL_COMMON_GRPC_IP_ADDRESS_H_
