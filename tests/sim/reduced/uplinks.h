// Who is sent what, and when: the uploads of all viewers, as client/core/uploader.h shares them out.
// Links take turns, a chunk each; a link is served one piece at a time, oldest segment first; what is
// not acknowledged stays within a quarter second of upload; pulls that would wait behind more than
// Uploader::kQueueMax are turned away. A piece still being received is passed on chunk by chunk.
// (Patience with silent receivers is left out: none is silent here.)
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_UPLINKS_H_
#define SHOAL_TESTS_SIM_REDUCED_UPLINKS_H_

#include "tests/sim/reduced/state.h"

namespace shoal::sim::reduced {

class Uplinks {
 public:
  explicit Uplinks(State& state) : s_(state) {}

  // The viewer is asked for a piece (kPull), or for no more of it (kCancel), or told that bytes
  // came (kAck).
  void OnPull(const Event& event);
  void OnCancel(const Event& event);
  void OnAck(const Event& event);

  // Sends what can be sent: call when more of a piece is held.
  void Pump(std::uint32_t viewer);

 private:
  // The job to send from next; null: there is nothing to send.
  Job* Next(std::uint32_t viewer);
  void Remove(std::uint32_t viewer, Job* job);
  void Measure(Viewer& viewer, bool busy);

  State& s_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_UPLINKS_H_
