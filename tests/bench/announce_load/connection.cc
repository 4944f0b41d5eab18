#include "tests/bench/announce_load/connection.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace shoal::bench {
namespace {

// Larger than the answers to all calls of a connection in most runs: one read each time.
constexpr std::size_t kReadSize = 256 * 1024;

}  // namespace

bool Connection::Open() {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const auto* address = reinterpret_cast<const sockaddr*>(&server_);
  if (connect(fd_, address, sizeof(server_)) != 0 && errno != EINPROGRESS) {
    close(fd_);
    fd_ = -1;
    return false;
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u32 = index_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event);
  wants_write_ = true;
  session_ = factory_();
  state_ = State::kConnecting;
  return true;
}

void Connection::Close() {
  closed_traffic_ = Traffic();
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  session_.reset();
  output_.clear();
  written_ = 0;
  state_ = State::kClosed;
}

SocketTraffic Connection::Traffic() const {
  SocketTraffic traffic = closed_traffic_;
  if (fd_ >= 0) traffic += ReadSocketTraffic(fd_);
  return traffic;
}

void Connection::WantWrite(bool want) {
  if (want == wants_write_) return;
  wants_write_ = want;
  epoll_event event{};
  event.events = want ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u32 = index_;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
}

bool Connection::OnEvents(std::uint32_t events, Session::Sink sink) {
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0 || (events & EPOLLERR) != 0) return false;
    if ((events & EPOLLOUT) == 0) return true;
    state_ = State::kOpen;
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    static thread_local std::array<char, kReadSize> buffer;
    const ssize_t size = read(fd_, buffer.data(), buffer.size());
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (size > 0 && !session_->Receive({buffer.data(), static_cast<std::size_t>(size)}, sink)) {
      return false;
    }
  }
  return Flush();
}

bool Connection::Flush() {
  if (state_ != State::kOpen) return state_ == State::kConnecting;
  if (!session_->TakeOutput(output_)) return false;
  while (written_ < output_.size()) {
    const ssize_t size =
        send(fd_, output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno != EAGAIN) return false;
    if (size < 0) break;
    written_ += static_cast<std::size_t>(size);
  }
  if (written_ == output_.size()) {
    output_.clear();
    written_ = 0;
  }
  WantWrite(!output_.empty());
  return true;
}

}  // namespace shoal::bench
