// The HTTP server that players talk to: listens, bounds what players cost, and gives each checked
// request to the handler. HTTP/1.0 and 1.1 with keep-alive; requests sent ahead (pipelining) are
// answered one after the other. It knows nothing of what is served.
//
// Ownership: borrows `io` and `handler`, which must outlive it. The destructor closes all
//            connections without calling anybody.
// Threads:   the thread that runs `io` only.
// Errors:    Listen's are returned; a player's errors are answered to the player and counted.
#ifndef SHOAL_CLIENT_PROXY_PROXY_SERVER_H_
#define SHOAL_CLIENT_PROXY_PROXY_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/proxy/handler.h"
#include "client/proxy/limits.h"
#include "common/time/time.h"

namespace boost::asio {
class io_context;
}

namespace shoal::proxy {

// Counts since the start, but for `connections`.
struct ProxyFigures {
  std::uint64_t connections = 0;  // open now
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;       // beyond a limit on connections
  std::uint64_t requests = 0;      // given to the handler
  std::uint64_t bad_requests = 0;  // answered here with an error
  std::uint64_t timed_out = 0;     // connections cut: slow requests, players that take nothing
  std::uint64_t sent_bytes = 0;    // to players, heads included
};

class ProxyServer {
 public:
  ProxyServer(boost::asio::io_context& io, Handler& handler, const Limits& limits = {});
  ~ProxyServer();
  ProxyServer(const ProxyServer&) = delete;
  ProxyServer& operator=(const ProxyServer&) = delete;

  // Listens on "127.0.0.1:8080", "[::]:8080" (IPv4 too), "localhost:0" and the like; port 0 takes a
  // free one. Answers the port. May be called several times.
  // Errors: kInvalidArgument if it is not host:port; kUnavailable, with address and reason, if the
  // name does not resolve or the port is taken.
  [[nodiscard]] absl::StatusOr<std::uint16_t> Listen(absl::string_view address);

  // Accepts no more, closes idle connections, lets answers in flight finish for `grace`, then
  // closes them (CloseReason::kServerStopped). `stopped` is called from the loop once no connection
  // is left; it may be empty.
  void Stop(Duration grace, std::function<void()> stopped);

  ProxyFigures figures() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_PROXY_SERVER_H_
