#include "client/proxy/proxy_server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/proxy/connection.h"
#include "client/proxy/host_header.h"

namespace shoal::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// After accept failed for want of descriptors or memory: they come back as connections end, and
// trying at once would only spin.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
// Connections that are being told that there are too many; beyond, they are closed without a word.
constexpr std::size_t kRefusalsMax = 32;

// One notation for each machine: an IPv4 address that came through an IPv6 socket is IPv4.
std::string AddressText(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

absl::StatusOr<std::vector<tcp::endpoint>> Resolve(asio::io_context& io, absl::string_view address,
                                                   const HostAndPort& parsed) {
  error_code error;
  tcp::resolver resolver(io);
  const auto found =
      resolver.resolve(parsed.host, absl::StrCat(*parsed.port),
                       tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", error.message()));
  }
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : found) {
    if (std::find(endpoints.begin(), endpoints.end(), entry.endpoint()) == endpoints.end()) {
      endpoints.push_back(entry.endpoint());
    }
  }
  return endpoints;
}

// Of a name's several addresses, this machine may lack one's whole family.
bool IsFamilyMissing(const error_code& error) {
  return error == asio::error::address_family_not_supported ||
         error == boost::system::errc::address_not_available;
}

bool IsShortage(const error_code& error) {
  return error == asio::error::no_descriptors || error == asio::error::no_memory ||
         error == asio::error::no_buffer_space ||
         error == boost::system::errc::too_many_files_open_in_system;
}

error_code OpenAcceptor(const tcp::endpoint& endpoint, tcp::acceptor* acceptor) {
  error_code error;
  acceptor->open(endpoint.protocol(), error);
  if (error) return error;
  acceptor->set_option(asio::socket_base::reuse_address(true), error);
  if (error) return error;
  if (endpoint.protocol() == tcp::v6()) {
    acceptor->set_option(asio::ip::v6_only(false), error);
    if (error) return error;
  }
  acceptor->bind(endpoint, error);
  if (error) return error;
  acceptor->listen(asio::socket_base::max_listen_connections, error);
  return error;
}

}  // namespace

class ProxyServer::Impl final : public ConnectionHost, public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, Handler& handler, const Limits& limits)
      : io_(io), handler_(handler), limits_(limits), grace_timer_(io) {}

  absl::StatusOr<std::uint16_t> Listen(absl::string_view address);
  void Stop(Duration grace, std::function<void()> stopped);
  // Closes everything and calls nobody.
  void Shutdown();
  ProxyFigures figures() const {
    ProxyFigures figures = figures_;
    figures.connections = connections_.size() - refusals_;
    return figures;
  }

  // ConnectionHost:
  void HandleRequest(std::shared_ptr<Exchange> exchange) override {
    ++figures_.requests;
    handler_.OnRequest(std::move(exchange));
  }
  void HandleBadRequest() override { ++figures_.bad_requests; }
  void HandleTimeout() override { ++figures_.timed_out; }
  void HandleSentBytes(std::size_t bytes) override { figures_.sent_bytes += bytes; }
  void HandleConnectionClosed(Connection* connection) override;

 private:
  struct Listener {
    Listener(asio::io_context& io, std::string listening_host)
        : acceptor(io), retry_timer(io), host(std::move(listening_host)) {}
    tcp::acceptor acceptor;
    asio::steady_timer retry_timer;
    const std::string host;
  };
  struct Entry {
    std::shared_ptr<Connection> connection;
    bool is_refusal = false;
  };

  void Accept(const std::shared_ptr<Listener>& listener);
  void HandleAccepted(tcp::socket socket, const Listener& listener);
  void AcceptLater(const std::shared_ptr<Listener>& listener);
  // Why another connection from `address` is too much, if it is.
  std::optional<std::string> ExcessOf(const std::string& address) const;
  // Copies, since connections leave the map while it is being gone through.
  std::vector<std::shared_ptr<Connection>> OpenConnections() const;
  void CheckStopped();

  // Constant after construction.
  asio::io_context& io_;
  Handler& handler_;
  const Limits limits_;

  // Loop thread only.
  bool stopping_ = false;
  asio::steady_timer grace_timer_;
  std::function<void()> stopped_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  absl::flat_hash_map<Connection*, Entry> connections_;
  absl::flat_hash_map<std::string, std::size_t> per_address_;  // without refusals
  std::size_t refusals_ = 0;
  ProxyFigures figures_;
};

// ---- Listening ------------------------------------------------------------------------------

absl::StatusOr<std::uint16_t> ProxyServer::Impl::Listen(absl::string_view address) {
  const auto parsed = ParseHostAndPort(address);
  if (!parsed || !parsed->port) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot listen on '", address, "': expected host:port"));
  }
  auto endpoints = Resolve(io_, address, *parsed);
  if (!endpoints.ok()) return endpoints.status();

  std::uint16_t port = *parsed->port;
  std::vector<std::shared_ptr<Listener>> opened;
  error_code error = asio::error::host_not_found;
  for (tcp::endpoint endpoint : *endpoints) {
    endpoint.port(port);
    auto listener = std::make_shared<Listener>(io_, parsed->host);
    error = OpenAcceptor(endpoint, &listener->acceptor);
    if (error && !IsFamilyMissing(error)) break;
    if (error) continue;
    // The further addresses of a name get the port that the first was given.
    port = listener->acceptor.local_endpoint().port();
    opened.push_back(std::move(listener));
  }
  if (opened.empty() || (error && !IsFamilyMissing(error))) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", error.message()));
  }
  for (auto& listener : opened) {
    listeners_.push_back(listener);
    Accept(listener);
  }
  return port;
}

void ProxyServer::Impl::Accept(const std::shared_ptr<Listener>& listener) {
  listener->acceptor.async_accept(
      [self = shared_from_this(), listener](error_code error, tcp::socket socket) {
        if (self->stopping_) return;
        if (error && IsShortage(error)) {
          self->AcceptLater(listener);
          return;
        }
        if (error == asio::error::operation_aborted) return;
        // Any other error concerns the one connection that was to be accepted.
        if (!error) self->HandleAccepted(std::move(socket), *listener);
        if (!self->stopping_) self->Accept(listener);
      });
}

void ProxyServer::Impl::AcceptLater(const std::shared_ptr<Listener>& listener) {
  listener->retry_timer.expires_after(kAcceptPause);
  listener->retry_timer.async_wait([self = shared_from_this(), listener](error_code error) {
    if (!error && !self->stopping_) self->Accept(listener);
  });
}

void ProxyServer::Impl::HandleAccepted(tcp::socket socket, const Listener& listener) {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const tcp::endpoint local = socket.local_endpoint(error);
  if (error) return;
  socket.set_option(tcp::no_delay(true), error);
  ++figures_.accepted;

  ConnectionEnds ends{AddressText(remote.address()), AddressText(local.address()), local.port(),
                      listener.host};
  const auto excess = ExcessOf(ends.remote_address);
  if (excess) {
    ++figures_.refused;
    if (refusals_ >= kRefusalsMax) return;
    ++refusals_;
  } else {
    ++per_address_[ends.remote_address];
  }
  auto connection = std::make_shared<Connection>(std::move(socket), std::move(ends), limits_, this);
  connections_.emplace(connection.get(), Entry{connection, excess.has_value()});
  if (excess) {
    connection->Refuse(*excess);
  } else {
    connection->Start();
  }
}

std::optional<std::string> ProxyServer::Impl::ExcessOf(const std::string& address) const {
  if (connections_.size() - refusals_ >= limits_.connections) {
    return absl::StrCat("too many connections; the limit is ", limits_.connections);
  }
  const auto found = per_address_.find(address);
  if (found != per_address_.end() && found->second >= limits_.connections_per_address) {
    return absl::StrCat("too many connections from ", address, "; the limit is ",
                        limits_.connections_per_address);
  }
  return std::nullopt;
}

void ProxyServer::Impl::HandleConnectionClosed(Connection* connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  if (found->second.is_refusal) {
    --refusals_;
  } else {
    const auto count = per_address_.find(connection->remote_address());
    if (count != per_address_.end() && --count->second == 0) per_address_.erase(count);
  }
  connections_.erase(found);
  CheckStopped();
}

// ---- Stopping -------------------------------------------------------------------------------

std::vector<std::shared_ptr<Connection>> ProxyServer::Impl::OpenConnections() const {
  std::vector<std::shared_ptr<Connection>> open;
  open.reserve(connections_.size());
  for (const auto& [pointer, entry] : connections_) open.push_back(entry.connection);
  return open;
}

void ProxyServer::Impl::Stop(Duration grace, std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  error_code ignored;
  for (const auto& listener : listeners_) {
    listener->acceptor.close(ignored);
    listener->retry_timer.cancel();
  }
  listeners_.clear();
  for (const auto& connection : OpenConnections()) connection->CloseWhenIdle();
  grace_timer_.expires_after(std::chrono::microseconds(grace.count()));
  grace_timer_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (error || !self) return;
    for (const auto& connection : self->OpenConnections()) {
      connection->Close(CloseReason::kServerStopped);
    }
  });
  CheckStopped();
}

void ProxyServer::Impl::CheckStopped() {
  if (!stopping_ || !connections_.empty()) return;
  grace_timer_.cancel();
  if (auto stopped = std::exchange(stopped_, nullptr)) asio::post(io_, std::move(stopped));
}

void ProxyServer::Impl::Shutdown() {
  stopping_ = true;
  stopped_ = nullptr;
  error_code ignored;
  for (const auto& listener : listeners_) {
    listener->acceptor.close(ignored);
    listener->retry_timer.cancel();
  }
  listeners_.clear();
  grace_timer_.cancel();
  for (const auto& connection : OpenConnections()) connection->Detach();
  connections_.clear();
}

// ---- The public face ------------------------------------------------------------------------

ProxyServer::ProxyServer(asio::io_context& io, Handler& handler, const Limits& limits)
    : impl_(std::make_shared<Impl>(io, handler, limits)) {}

ProxyServer::~ProxyServer() { impl_->Shutdown(); }

absl::StatusOr<std::uint16_t> ProxyServer::Listen(absl::string_view address) {
  return impl_->Listen(address);
}

void ProxyServer::Stop(Duration grace, std::function<void()> stopped) {
  impl_->Stop(grace, std::move(stopped));
}

ProxyFigures ProxyServer::figures() const { return impl_->figures(); }

}  // namespace shoal::proxy
