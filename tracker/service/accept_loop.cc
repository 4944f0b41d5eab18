#include "tracker/service/accept_loop.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

namespace shoal::service {
namespace {

constexpr int kQueue = 4096;  // the system's own limit may be lower
// How long no connection is looked for when the pace does not allow one, or there is no descriptor.
constexpr int kPauseMs = 5;

absl::string_view Bytes(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

// Where the other end of `socket` is; without an address if it has gone.
Endpoint PeerOf(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    return {std::string(Bytes(&ipv4.sin_addr, 4)), ntohs(ipv4.sin_port)};
  }
  if (address.ss_family != AF_INET6) return {};
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
  return {AddressWithoutMapping(Bytes(&ipv6.sin6_addr, 16)), ntohs(ipv6.sin6_port)};
}

// A socket that listens at `at`, or -1 with errno.
int ListenAt(const Endpoint& at) {
  const bool is_ipv6 = at.address.size() == 16;
  const int listener =
      socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (listener < 0) return -1;
  const int yes = 1;
  const int no = 0;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_in);
  if (is_ipv6) {
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(at.port);
    std::memcpy(&ipv6.sin6_addr, at.address.data(), 16);
    size = sizeof(ipv6);
  } else {
    auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(at.port);
    std::memcpy(&ipv4.sin_addr, at.address.data(), 4);
  }
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
      listen(listener, kQueue) == 0) {
    return listener;
  }
  const int error = errno;
  close(listener);
  errno = error;
  return -1;
}

int PortOf(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

// Since anything came from its other end, or since it was accepted.
Duration SilenceOf(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return Duration::zero();
  return Milliseconds(info.tcpi_last_data_recv);
}

// Whoever holds `socket` reads its end then, and closes it.
void Disconnect(int socket, const Endpoint& peer) {
  // The system gives the number to others as soon as it is closed; not this one, meanwhile.
  const int held = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (held < 0) return;  // no descriptor is free; the next review will come
  if (PeerOf(held) == peer) shutdown(held, SHUT_RDWR);
  close(held);
}

int OpenReserve() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

// By a reset, so that nothing of it is left on this side.
void TurnAway(int socket) {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(socket);
}

int Accept(int listener) {
  return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

}  // namespace

bool AcceptPace::Take(TimePoint now) {
  const double rate =
      std::min(kPerSecondFirst * std::exp2(ToSeconds(now - begin_)), kPerSecondMost);
  saved_ = std::min(saved_ + rate * ToSeconds(now - last_), std::max(rate * kBurst, 1.0));
  last_ = now;
  if (saved_ < 1) return false;
  saved_ -= 1;
  return true;
}

absl::StatusOr<std::unique_ptr<AcceptLoop>> AcceptLoop::Listen(const Endpoint& at, Options options,
                                                               const Clock& clock,
                                                               ConnectionFigures& figures) {
  int listener = ListenAt(at);
  if (listener < 0 && errno == EAFNOSUPPORT && IsUnspecified(at.address)) {
    listener = ListenAt({std::string(4, '\0'), at.port});
  }
  if (listener < 0) return absl::UnavailableError(std::strerror(errno));
  std::unique_ptr<AcceptLoop> loop(
      new AcceptLoop(listener, PortOf(listener), std::move(options), clock, figures));
  if (loop->wake_[0] < 0) return absl::UnavailableError(std::strerror(errno));
  return loop;
}

AcceptLoop::AcceptLoop(int listener, int port, Options options, const Clock& clock,
                       ConnectionFigures& figures)
    : listener_(listener),
      port_(port),
      clock_(clock),
      figures_(figures),
      idle_max_(options.idle_max),
      review_every_(options.review_every),
      next_review_(clock.Now() + review_every_),
      ledger_(options.limits, std::move(options.exempt), clock,
              [](int socket, const Endpoint& peer) { return PeerOf(socket) == peer; }),
      reserve_(OpenReserve()) {
  if (pipe2(wake_, O_CLOEXEC) != 0) wake_[0] = wake_[1] = -1;
}

AcceptLoop::~AcceptLoop() {
  Stop();
  for (const int fd : {wake_[0], wake_[1], reserve_}) {
    if (fd >= 0) close(fd);
  }
}

void AcceptLoop::Start(HandOver hand_over) {
  hand_over_ = std::move(hand_over);
  thread_ = std::thread([this] { Run(); });
}

void AcceptLoop::Stop() {
  if (listener_ < 0) return;
  close(std::exchange(wake_[1], -1));
  if (thread_.joinable()) thread_.join();
  close(std::exchange(listener_, -1));
}

void AcceptLoop::Run() {
  AcceptPace pace(clock_.Now());
  bool may_accept = true;
  while (true) {
    pollfd polled[] = {{wake_[0], POLLIN, 0}, {may_accept ? listener_ : -1, POLLIN, 0}};
    const auto until_review = std::chrono::ceil<std::chrono::milliseconds>(
        std::max(next_review_ - clock_.Now(), Duration::zero()));
    poll(polled, 2, may_accept ? static_cast<int>(until_review.count()) : kPauseMs);
    if (polled[0].revents != 0) return;
    if (const TimePoint now = clock_.Now(); now >= next_review_) Review(now);
    // One by one: a listener that is never empty must not keep the loop from its end.
    may_accept = reserve_ >= 0 || (reserve_ = OpenReserve()) >= 0;
    while (may_accept && (may_accept = pace.Take(clock_.Now())) && AcceptOne()) {
    }
  }
}

bool AcceptLoop::AcceptOne() {
  const int socket = Accept(listener_);
  if (socket >= 0) {
    Admit(socket);
    return true;
  }
  switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      TurnAwayForWantOfDescriptors();
      return reserve_ >= 0;
    case EAGAIN:
      return false;
    default:  // that connection has gone already
      return true;
  }
}

void AcceptLoop::TurnAwayForWantOfDescriptors() {
  close(std::exchange(reserve_, -1));
  const int socket = Accept(listener_);
  if (socket >= 0) {
    TurnAway(socket);
    ++figures_.refused_for_want_of_descriptors;
  }
  reserve_ = OpenReserve();
}

void AcceptLoop::Review(TimePoint now) {
  next_review_ = now + review_every_;
  ledger_.Review();
  figures_.open = ledger_.size();
  ledger_.VisitAll([this](int socket, const Endpoint& peer) {
    if (SilenceOf(socket) >= idle_max_) Disconnect(socket, peer);
  });
}

void AcceptLoop::Admit(int socket) {
  const Endpoint peer = PeerOf(socket);
  if (peer.address.empty()) {
    close(socket);
    return;
  }
  const ConnectionLedger::Verdict verdict = ledger_.Admit(socket, peer);
  figures_.open = ledger_.size();
  if (verdict != ConnectionLedger::Verdict::kAdmitted) {
    ++(verdict == ConnectionLedger::Verdict::kTooMany ? figures_.refused_in_all
                                                      : figures_.refused_of_source);
    TurnAway(socket);
    return;
  }
  ++figures_.accepted;
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  hand_over_(listener_, socket);
}

}  // namespace shoal::service
