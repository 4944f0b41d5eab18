#include "client/peer/link_acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/grpc/ip_address.h"

namespace shoal::peer {
namespace {

using Tcp = boost::asio::ip::tcp;

// Connections that wait to be accepted.
constexpr int kBacklog = 64;
// Accepted in one go, so that a flood of connections leaves the loop time for the player.
constexpr int kAcceptBatch = 16;
// How long accepting rests when the machine is out of descriptors or memory.
constexpr std::chrono::milliseconds kPause{250};

std::string AddressBytes(const boost::asio::ip::address& address) {
  const auto copy = [](const auto& bytes) { return std::string(bytes.begin(), bytes.end()); };
  return AddressWithoutMapping(address.is_v4() ? copy(address.to_v4().to_bytes())
                                               : copy(address.to_v6().to_bytes()));
}

boost::asio::ip::address ToAsio(const std::string& address) {
  if (address.size() == 4) {
    boost::asio::ip::address_v4::bytes_type bytes;
    std::copy(address.begin(), address.end(), bytes.begin());
    return boost::asio::ip::address_v4(bytes);
  }
  boost::asio::ip::address_v6::bytes_type bytes;
  std::copy(address.begin(), address.end(), bytes.begin());
  return boost::asio::ip::address_v6(bytes);
}

bool SameSocket(int fd, ino_t inode) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode) && info.st_ino == inode;
}

}  // namespace

LinkAcceptor::LinkAcceptor(boost::asio::io_context& loop, const LinkLimits& limits,
                           Receiver receiver)
    : acceptor_(loop),
      pause_(loop),
      connections_max_(limits.inbound_connections),
      connections_per_address_max_(limits.inbound_connections_per_address),
      receiver_(std::move(receiver)) {}

LinkAcceptor::~LinkAcceptor() { Close(); }

absl::StatusOr<std::uint16_t> LinkAcceptor::Listen(const Endpoint& endpoint) {
  Tcp::endpoint local(ToAsio(endpoint.address), endpoint.port);
  boost::system::error_code error = Open(local);
  if (error && endpoint.address == std::string(16, '\0')) {
    local = Tcp::endpoint(Tcp::v4(), endpoint.port);
    error = Open(local);
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", FormatEndpoint(endpoint), ": ", error.message()));
  }
  AwaitConnections();
  return acceptor_.local_endpoint().port();
}

boost::system::error_code LinkAcceptor::Open(const Tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  // A client that was just restarted gets its port back.
  if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    const bool only = !endpoint.address().is_unspecified();
    acceptor_.set_option(boost::asio::ip::v6_only(only), error);
  }
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error) {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }
  return error;
}

void LinkAcceptor::Close() {
  *alive_ = false;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void LinkAcceptor::AwaitConnections() {
  acceptor_.async_wait(Tcp::acceptor::wait_read,
                       [this, alive = alive_](const boost::system::error_code& error) {
                         if (!*alive || error == boost::asio::error::operation_aborted) return;
                         if (!error && AcceptWaiting()) return AwaitConnections();
                         pause_.expires_after(kPause);
                         pause_.async_wait([this, alive](const boost::system::error_code&) {
                           if (*alive) AwaitConnections();
                         });
                       });
}

bool LinkAcceptor::AcceptWaiting() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    Tcp::endpoint remote;
    auto size = static_cast<socklen_t>(remote.capacity());
    const int fd =
        accept4(acceptor_.native_handle(), remote.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      remote.resize(size);
      Take(fd, remote);
      continue;
    }
    switch (errno) {
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return false;
      case EAGAIN:
        return true;
      default:
        break;  // This connection failed before it was accepted; the next need not.
    }
  }
  return true;
}

void LinkAcceptor::Take(int fd, const Tcp::endpoint& remote) {
  ForgetClosed();
  std::string address = AddressBytes(remote.address());
  const auto same_address = static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [&](const Connection& known) { return known.address == address; }));
  struct stat info {};
  if (connections_.size() >= connections_max_ || same_address >= connections_per_address_max_ ||
      fstat(fd, &info) != 0) {
    ++refused_;
    close(fd);
    return;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  connections_.push_back({fd, info.st_ino, std::move(address)});
  receiver_(fd);
}

std::size_t LinkAcceptor::connections() {
  ForgetClosed();
  return connections_.size();
}

void LinkAcceptor::ForgetClosed() {
  std::erase_if(connections_,
                [](const Connection& known) { return !SameSocket(known.fd, known.inode); });
}

}  // namespace shoal::peer
