// Where peers open links: the gRPC server behind --peer-listen.
//
// Connections are accepted by LinkAcceptor; one that opens no stream, or does not even speak
// HTTP/2, is closed after seconds. A stream beyond the limits is refused with RESOURCE_EXHAUSTED.
//
// Threads: loop thread only; `make_stream` is called on gRPC's threads.
// Ownership: borrows `loop` and `quota`.
#ifndef SHOAL_CLIENT_PEER_LINK_SERVER_H_
#define SHOAL_CLIENT_PEER_LINK_SERVER_H_

#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>  // Boost 1.74's Asio needs it first.

#include "absl/status/statusor.h"
#include "client/peer/link_acceptor.h"
#include "client/peer/link_limits.h"
#include "client/peer/link_service.h"
#include "common/base/endpoint.h"

namespace shoal::peer {

class LinkServer {
 public:
  LinkServer(boost::asio::io_context& loop, const LinkLimits& limits,
             const grpc::ResourceQuota& quota, LinkService::StreamFactory make_stream);
  ~LinkServer();
  LinkServer(const LinkServer&) = delete;
  LinkServer& operator=(const LinkServer&) = delete;

  // Starts serving; returns the port. Once.
  absl::StatusOr<std::uint16_t> Listen(const Endpoint& endpoint);

  // Accepts no more connections; streams go on.
  void StopAccepting();
  // Cuts all streams and waits until gRPC has let go of them.
  void Shutdown();

  std::uint64_t refused() const { return acceptor_.refused() + service_.refused(); }
  std::size_t connections() { return acceptor_.connections(); }

 private:
  void Hand(int fd);

  const grpc::ResourceQuota& quota_;
  LinkService service_;
  LinkAcceptor acceptor_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections_in_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_SERVER_H_
