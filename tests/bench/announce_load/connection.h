// One TCP connection of the load, and the session on it. Opens again as often as it is told to.
//
// Threads: not thread-safe. Errors: a connection that is lost says so; the caller closes it.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_CONNECTION_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_CONNECTION_H_

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/announce_load/session.h"
#include "tests/bench/announce_load/socket_traffic.h"

namespace shoal::bench {

using SessionFactory = std::function<std::unique_ptr<Session>()>;

class Connection {
 public:
  enum class State { kClosed, kConnecting, kOpen };

  // `index` is what `epoll` gives back in data.u32.
  Connection(const sockaddr_in& server, int epoll, std::uint32_t index, SessionFactory factory)
      : server_(server), epoll_(epoll), index_(index), factory_(std::move(factory)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { Close(); }

  State state() const { return state_; }

  // Begins to connect. False: the system refused. REQUIRES: it is closed.
  bool Open();
  // Gives up what was not answered; see Pending.
  void Close();

  // REQUIRES: it is not closed.
  void Submit(Session::Tag tag, std::string request) { session_->Submit(tag, std::move(request)); }
  std::vector<Session::Tag> Pending() const { return session_->Pending(); }

  // Of all times that it was open.
  SocketTraffic Traffic() const;

  // What epoll said. False: the connection is lost, or has served its purpose.
  bool OnEvents(std::uint32_t events, Session::Sink sink);
  // Sends what was submitted, as far as the system takes it. False: the connection is lost.
  bool Flush();

 private:
  void WantWrite(bool want);

  const sockaddr_in server_;
  const int epoll_;
  const std::uint32_t index_;
  const SessionFactory factory_;
  State state_ = State::kClosed;
  int fd_ = -1;
  bool wants_write_ = false;
  std::unique_ptr<Session> session_;
  std::string output_;
  std::size_t written_ = 0;       // of output_
  SocketTraffic closed_traffic_;  // of the times before
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_CONNECTION_H_
