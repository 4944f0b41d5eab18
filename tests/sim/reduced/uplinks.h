// Who is sent what, and when: the uploads of all viewers, as client/core/uploader.h shares them out.
// Links take turns, a message each; a link is served one piece at a time, oldest segment first; what
// is not acknowledged stays within a window of upload, of which each link has its share (that of
// client/core/send_window.h, with the round trip that it assumes: none is measured); pulls that would wait behind more than
// Uploader::kQueueMax are turned away. A piece still being received is passed on chunk by chunk.
// (Patience with silent receivers is left out: none is silent here.)
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_UPLINKS_H_
#define SHOAL_TESTS_SIM_REDUCED_UPLINKS_H_

#include <array>

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

  // So many chunks of a piece are held now: sends what can be sent.
  void Holds(std::uint32_t viewer, unsigned piece, unsigned chunks);

  // Bytes that the viewer may have sent and not acknowledged.
  std::uint32_t Window(const Viewer& viewer) const;
  // How long what it sends next waits, as core::Uploader::UplinkDelay.
  Duration Delay(const Viewer& viewer) const;

 private:
  // What of a viewer's jobs can be sent now.
  struct Ready {
    Job* next = nullptr;  // the job to send from, null if none or no link has room
    bool any = false;     // something could be sent, were there room
  };

  void Pump(std::uint32_t viewer);
  Ready FindReady(std::uint32_t viewer, std::uint32_t link_window);
  unsigned ReadyLinks(std::uint32_t viewer);
  std::uint32_t QueuedAhead(std::uint32_t viewer, const Event& pull);
  std::uint32_t RestOf(const Job& job) const;
  void SendFrom(std::uint32_t viewer, Job* job, unsigned chunks);
  void Remove(std::uint32_t viewer, Job* job);
  void Measure(std::uint32_t viewer, bool busy);

  State& s_;
  std::array<std::uint32_t, 256> queued_of_{};  // by link; zero between calls
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_UPLINKS_H_
