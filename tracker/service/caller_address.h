// From which address a call came, also when it came through a proxy.
//
// Only calls from the addresses of trusted proxies may say so by the header x-forwarded-for, to
// whose end each proxy appends the address that it was called from. It is read from its end: as
// long as an address is that of a trusted proxy, the entry before it is believed. What a client
// itself writes into the header stands before the first address that is not trusted, and so is
// never read.
//
// Threads: any, after construction.
#ifndef SHOAL_TRACKER_SERVICE_CALLER_ADDRESS_H_
#define SHOAL_TRACKER_SERVICE_CALLER_ADDRESS_H_

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/grpc/ip_address.h"

namespace shoal::service {

class CallerAddress {
 public:
  // Proxies in a row that are followed at most.
  static constexpr int kHopsMax = 8;

  explicit CallerAddress(std::vector<AddressBlock> trusted_proxies)
      : trusted_proxies_(std::move(trusted_proxies)) {}

  // The address, of 4 or 16 bytes. `peer_uri` is what gRPC says of the connection; `forwarded_for`
  // the values of x-forwarded-for in their order, if there are any. kInvalidArgument if the peer
  // has no IP address, or a trusted proxy forwards something that is not one.
  absl::StatusOr<std::string> Find(absl::string_view peer_uri,
                                   std::span<const absl::string_view> forwarded_for) const;

  // Whether Find could want forwarded_for at all.
  bool trusts_anyone() const { return !trusted_proxies_.empty(); }

 private:
  bool IsTrusted(absl::string_view address) const;

  const std::vector<AddressBlock> trusted_proxies_;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_CALLER_ADDRESS_H_
