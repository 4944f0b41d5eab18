// Which connections are open, and whether one more may be: so many in all, and so many from one
// source, so that nobody takes the room of all others.
//
// A source is an IPv4 address, or the /64 of an IPv6 one, which is what one household has. Behind an
// address translator of a provider, though, hundreds of households share an IPv4 address.
//
// Who else holds the sockets closes them without a word. That is noticed when the system gives the
// same number to another one, when a limit is reached, and on Review.
//
// Ownership: borrows the clock. Threads: not thread-safe.
#ifndef SHOAL_TRACKER_SERVICE_CONNECTION_LEDGER_H_
#define SHOAL_TRACKER_SERVICE_CONNECTION_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "common/base/endpoint.h"
#include "common/grpc/ip_address.h"
#include "common/time/time.h"

namespace shoal::service {

struct ConnectionLimits {
  std::size_t in_all = 16'000;
  // Room for the clients behind a large address translator, each with one connection.
  std::size_t per_source = 2'000;
};

class ConnectionLedger {
 public:
  enum class Verdict : std::uint8_t { kAdmitted, kTooMany, kTooManyOfSource };
  // Whether `socket` is still open, and connected to `peer`.
  using IsOpen = std::function<bool(int socket, const Endpoint& peer)>;

  // Sources in `exempt` have no limit of their own: proxies, behind which are many clients.
  ConnectionLedger(const ConnectionLimits& limits, std::vector<AddressBlock> exempt,
                   const Clock& clock, IsOpen is_open);

  // Enters a connection, if it may be. One that is not admitted is the caller's to close.
  Verdict Admit(int socket, const Endpoint& peer);

  // Looks which connections have closed. O(connections), some half a microsecond each.
  void Review();

  // Calls `visit` with each connection that is entered.
  void VisitAll(absl::FunctionRef<void(int socket, const Endpoint& peer)> visit) const;

  // Those that are entered: open ones, and some that have closed since the last look.
  std::size_t size() const { return size_; }

 private:
  // At the most so often when a limit is reached, or refusing would cost more than admitting.
  static constexpr Duration kReviewPause = Milliseconds(250);

  static std::string SourceOf(const Endpoint& peer);
  Verdict Judge(const Endpoint& peer) const;
  bool IsExempt(const Endpoint& peer) const;
  void Forget(Endpoint& entry);

  const ConnectionLimits limits_;
  const std::vector<AddressBlock> exempt_;
  const Clock& clock_;
  const IsOpen is_open_;
  std::vector<Endpoint> entries_;  // by the number of the socket; without an address: none
  absl::flat_hash_map<std::string, std::size_t> by_source_;
  std::size_t size_ = 0;
  TimePoint next_review_{};
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_CONNECTION_LEDGER_H_
