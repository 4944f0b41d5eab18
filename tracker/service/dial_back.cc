#include "tracker/service/dial_back.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace shoal::service {
namespace {

// How often new targets and passed time are looked for while somebody is being dialled.
constexpr std::chrono::milliseconds kLookInterval(20);
// Dials begun at once at most: the rate is kept within such steps.
constexpr int kBurst = 8;

socklen_t SocketAddress(const Endpoint& endpoint, sockaddr_storage& out) {
  out = {};
  if (endpoint.address.size() == 16) {
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(out);
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(endpoint.port);
    std::memcpy(&ipv6.sin6_addr, endpoint.address.data(), 16);
    return sizeof(ipv6);
  }
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(out);
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(endpoint.port);
  std::memcpy(&ipv4.sin_addr, endpoint.address.data(), 4);
  return sizeof(ipv4);
}

// Whether the connection stands, after poll has said that something is to be said of it.
bool Stands(int socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

DialBack::DialBack(const DialLimits& limits, const Clock& clock, DialFigures& figures,
                   OnVerdict on_verdict)
    : limits_(limits),
      clock_(clock),
      on_verdict_(std::move(on_verdict)),
      figures_(figures),
      thread_([this] { Run(); }) {}

DialBack::~DialBack() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
  for (const Dial& dial : dials_) close(dial.socket);
}

void DialBack::Ask(DialTarget target) {
  absl::MutexLock lock(&mu_);
  if (waiting_.size() >= limits_.waiting_max) {
    ++figures_.skipped;
    return;
  }
  waiting_.push_back(std::move(target));
}

void DialBack::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      if (dials_.empty()) mu_.Await(absl::Condition(this, &DialBack::HasWork));
      if (stopping_) return;
    }
    const TimePoint now = clock_.Now();
    for (DialTarget& target : TakeDue(now)) Begin(std::move(target), now);
    if (dials_.empty()) {
      std::this_thread::sleep_for(kLookInterval);  // the rate does not allow for one yet
    } else {
      LookAtDials();
    }
  }
}

std::vector<DialTarget> DialBack::TakeDue(TimePoint now) {
  const Duration pause = Seconds(1 / limits_.per_second);
  next_begin_ = std::max(next_begin_, now - kBurst * pause);
  std::vector<DialTarget> due;
  absl::MutexLock lock(&mu_);
  while (!waiting_.empty() && next_begin_ <= now && dials_.size() + due.size() < limits_.at_once) {
    due.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    next_begin_ += pause;
  }
  return due;
}

void DialBack::Begin(DialTarget target, TimePoint now) {
  sockaddr_storage address;
  const socklen_t size = SocketAddress(target.endpoint, address);
  const int socket =
      ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket < 0) {
    ++figures_.skipped;
    return;
  }
  // It ends by a reset, rather than leave a connection in TIME_WAIT on either side.
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  const int result = connect(socket, reinterpret_cast<const sockaddr*>(&address), size);
  dials_.push_back({std::move(target), socket, now + limits_.timeout});
  if (result == 0) {
    Settle(dials_.back(), true);
  } else if (errno != EINPROGRESS) {
    Settle(dials_.back(), false);
  }
  if (dials_.back().socket < 0) dials_.pop_back();
}

void DialBack::LookAtDials() {
  std::vector<pollfd> polled;
  polled.reserve(dials_.size());
  for (const Dial& dial : dials_) polled.push_back({dial.socket, POLLOUT, 0});
  poll(polled.data(), polled.size(), static_cast<int>(kLookInterval.count()));
  const TimePoint now = clock_.Now();
  for (std::size_t i = 0; i < dials_.size(); ++i) {
    if (polled[i].revents != 0) {
      Settle(dials_[i], Stands(dials_[i].socket));
    } else if (dials_[i].give_up <= now) {
      Settle(dials_[i], false);
    }
  }
  std::erase_if(dials_, [](const Dial& dial) { return dial.socket < 0; });
}

void DialBack::Settle(Dial& dial, bool reached) {
  close(std::exchange(dial.socket, -1));
  ++(reached ? figures_.reached : figures_.failed);
  on_verdict_(dial.target, reached);
}

}  // namespace shoal::service
