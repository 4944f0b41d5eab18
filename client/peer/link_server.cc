#include "client/peer/link_server.h"

#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "client/peer/channel_options.h"

namespace shoal::peer {
namespace {

// Streams on one connection: a pair of clients has one for each swarm that they share.
constexpr int kStreamsPerConnectionMax = 32;
// How long a connection may be without a stream, and may take to begin with HTTP/2.
constexpr int kIdleConnectionMs = 5000;
constexpr int kConnectionSetupMs = 3000;

}  // namespace

LinkServer::LinkServer(boost::asio::io_context& loop, const LinkLimits& limits,
                       const grpc::ResourceQuota& quota, LinkService::StreamFactory make_stream)
    : quota_(quota),
      service_(limits, std::move(make_stream)),
      acceptor_(loop, limits, [this](int fd) { Hand(fd); }) {}

LinkServer::~LinkServer() { Shutdown(); }

absl::StatusOr<std::uint16_t> LinkServer::Listen(const Endpoint& endpoint) {
  grpc::ServerBuilder builder;
  for (const auto& [name, value] : CommonChannelOptions()) builder.AddChannelArgument(name, value);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnectionMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleConnectionMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kConnectionSetupMs);
  builder.SetResourceQuota(quota_);
  builder.RegisterService(&service_);
  connections_in_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC cannot serve links");
  return acceptor_.Listen(endpoint);
}

void LinkServer::Hand(int fd) {
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
  connection.fd = fd;
  connections_in_->HandleNewConnection(&connection);
}

void LinkServer::StopAccepting() { acceptor_.Close(); }

void LinkServer::Shutdown() {
  acceptor_.Close();
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

}  // namespace shoal::peer
