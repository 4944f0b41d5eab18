// Finds out whether members can be dialled, by dialling them: a TCP connection to the address that
// an announce came from and the port that it named, closed as soon as it stands.
//
// Nobody is dialled but who has just called from that very address, so that the tracker cannot be
// made to dial others; at a bounded rate, so that a flood of joins does not become a flood of dials.
// Who is not dialled for that reason stays what its announce made it.
//
//   DialBack dial_back(limits, clock, figures, [&](const DialTarget& target, bool can_be_dialled) { … });
//   dial_back.Ask({.endpoint = endpoint, .peer = id, .swarms = swarms});
//
// Ownership: owns its thread and sockets; borrows clock and figures.
// Threads:   Ask any; `on_verdict` is called on the thread of the dials, and never after
//            the destructor.
#ifndef SHOAL_TRACKER_SERVICE_DIAL_BACK_H_
#define SHOAL_TRACKER_SERVICE_DIAL_BACK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/time/time.h"
#include "tracker/service/dial_target.h"
#include "tracker/service/service_figures.h"

namespace shoal::service {

struct DialLimits {
  // Dials begun per second. 0: nobody is dialled.
  double per_second = 200;
  // Under way at once: what each may take times the rate would be more only if all of them failed.
  std::size_t at_once = 256;
  // Until one has failed that got no answer. Clients give up on each other after 2 s.
  Duration timeout = Seconds(2);
  // Who may wait to be dialled; beyond, nobody is added.
  std::size_t waiting_max = 20'000;
};

class DialBack {
 public:
  using OnVerdict = std::function<void(const DialTarget& target, bool can_be_dialled)>;

  // REQUIRES: limits.per_second > 0.
  DialBack(const DialLimits& limits, const Clock& clock, DialFigures& figures,
           OnVerdict on_verdict);
  ~DialBack();
  DialBack(const DialBack&) = delete;
  DialBack& operator=(const DialBack&) = delete;

  // Has `target` dialled when its turn comes. REQUIRES: an address of 4 or 16 bytes, a port.
  void Ask(DialTarget target);

 private:
  struct Dial {
    DialTarget target;
    int socket;
    TimePoint give_up;
  };

  void Run();
  // Takes who may be dialled at `now`.
  std::vector<DialTarget> TakeDue(TimePoint now);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopping_ || !waiting_.empty(); }
  void Begin(DialTarget target, TimePoint now);
  void LookAtDials();
  void Settle(Dial& dial, bool reached);

  const DialLimits limits_;
  const Clock& clock_;
  const OnVerdict on_verdict_;
  DialFigures& figures_;

  // Of the thread.
  std::vector<Dial> dials_;
  TimePoint next_begin_{};

  absl::Mutex mu_;
  std::deque<DialTarget> waiting_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // last: it uses all else
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_DIAL_BACK_H_
