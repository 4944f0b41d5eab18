// Accepts TCP connections of peers and hands them on, within limits.
//
// gRPC's own listener dies for good when the process once runs out of file descriptors, and has no
// limit per address; this one pauses instead and counts. A connection that would be too many is
// accepted and closed at once, so that it does not stand in the way of others.
//
// Whoever gets a connection owns and closes it. That it was closed is seen by its descriptor, which
// then no longer belongs to the same socket.
//
// Threads: loop thread only.
#ifndef SHOAL_CLIENT_PEER_LINK_ACCEPTOR_H_
#define SHOAL_CLIENT_PEER_LINK_ACCEPTOR_H_

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>  // Boost 1.74's Asio needs it first.
#include <vector>

#include "absl/status/statusor.h"
#include "client/peer/link_limits.h"
#include "common/base/endpoint.h"

namespace shoal::peer {

class LinkAcceptor {
 public:
  // Gets a connected, non-blocking socket.
  using Receiver = std::function<void(int fd)>;

  LinkAcceptor(boost::asio::io_context& loop, const LinkLimits& limits, Receiver receiver);
  ~LinkAcceptor();
  LinkAcceptor(const LinkAcceptor&) = delete;
  LinkAcceptor& operator=(const LinkAcceptor&) = delete;

  // Listens and begins to accept; returns the port. On :: also IPv4; if the machine has no IPv6,
  // on 0.0.0.0 instead. Once.
  absl::StatusOr<std::uint16_t> Listen(const Endpoint& endpoint);

  void Close();

  // Connections that are still open, and those that were refused by a limit.
  std::size_t connections();
  std::uint64_t refused() const { return refused_; }

 private:
  struct Connection {
    int fd = -1;
    ino_t inode = 0;  // of the socket: the descriptor's number is used again
    std::string address;
  };

  boost::system::error_code Open(const boost::asio::ip::tcp::endpoint& endpoint);
  void AwaitConnections();
  // Accepts what is waiting; false if the machine is out of descriptors or memory.
  bool AcceptWaiting();
  void Take(int fd, const boost::asio::ip::tcp::endpoint& remote);
  void ForgetClosed();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  const std::size_t connections_max_;
  const std::size_t connections_per_address_max_;
  const Receiver receiver_;
  std::vector<Connection> connections_;
  std::uint64_t refused_ = 0;
  // Lets handlers that are still queued when this object goes know that it did.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_ACCEPTOR_H_
