// Accepts the connections of a listening port and hands them to a server.
//
// gRPC's own listener stops for good once the process has run out of file descriptors
// (CVE-2023-4785 in 1.51). This one keeps a descriptor in reserve, with which it turns newcomers
// away at once until there are others again. And it keeps limits:
//
//   connections in all, and of one source    who is beyond is closed at once, which clients see as
//                                            UNAVAILABLE
//   connections begun per second             at first; doubled each second. After a restart all
//                                            clients come at once; the rest waits in the listener's
//                                            queue rather than for the first answers
//   silence                                  who has sent nothing for a minute is disconnected
//
// Ownership: owns the listening socket and its thread; borrows clock and figures.
// Threads:   Listen, Start, Stop and the destructor by one thread; `hand_over` is called on the
//            loop's.
#ifndef SHOAL_TRACKER_SERVICE_ACCEPT_LOOP_H_
#define SHOAL_TRACKER_SERVICE_ACCEPT_LOOP_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/endpoint.h"
#include "common/grpc/ip_address.h"
#include "common/time/time.h"
#include "tracker/service/connection_ledger.h"
#include "tracker/service/server_settings.h"
#include "tracker/service/service_figures.h"

namespace shoal::service {

// How many connections may begin: so many a second at first, twice as many in each second after.
class AcceptPace {
 public:
  static constexpr double kPerSecondFirst = 2'000;
  static constexpr double kPerSecondMost = 64'000;

  explicit AcceptPace(TimePoint begin) : begin_(begin), last_(begin) {}

  // Whether one may begin now; if so, it counts.
  bool Take(TimePoint now);

 private:
  // What may begin at once after a pause, in seconds of the rate.
  static constexpr double kBurst = 0.05;

  const TimePoint begin_;
  TimePoint last_;
  double saved_ = 1;
};

class AcceptLoop {
 public:
  // Takes over `socket`, from then on.
  using HandOver = std::function<void(int listener, int socket)>;

  struct Options {
    ConnectionLimits limits;
    std::vector<AddressBlock> exempt;  // see ConnectionLedger
    // How long a connection may bring nothing, to the review that follows.
    Duration idle_max = Milliseconds(kConnectionIdleMaxMs);
    // How often it is looked which connections have closed, and which are idle.
    Duration review_every = Seconds(5);
  };

  // Opens the port. [::] listens for IPv4 as well, and alone where there is no IPv6.
  static absl::StatusOr<std::unique_ptr<AcceptLoop>> Listen(const Endpoint& at, Options options,
                                                            const Clock& clock,
                                                            ConnectionFigures& figures);
  ~AcceptLoop();
  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;

  int port() const { return port_; }

  // Connections that came before have waited.
  void Start(HandOver hand_over);
  // Closes the port. Connections that were handed over stay.
  void Stop();

 private:
  AcceptLoop(int listener, int port, Options options, const Clock& clock,
             ConnectionFigures& figures);

  void Run();
  // False if nobody waits, or nobody can be accepted for now.
  bool AcceptOne();
  void TurnAwayForWantOfDescriptors();
  void Admit(int socket);
  // Notes which connections have closed, and disconnects idle ones.
  void Review(TimePoint now);

  int listener_;  // -1: closed
  const int port_;
  const Clock& clock_;
  ConnectionFigures& figures_;
  const Duration idle_max_;
  const Duration review_every_;
  TimePoint next_review_;
  ConnectionLedger ledger_;
  HandOver hand_over_;
  int reserve_;  // -1: none could be had
  int wake_[2];  // a pipe: closing its second end ends the loop
  std::thread thread_;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_ACCEPT_LOOP_H_
