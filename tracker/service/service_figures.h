// What the tracker's service counts, since the process started.
//
// Threads: any; each figure is exact by itself, together they are of about the same moment.
#ifndef SHOAL_TRACKER_SERVICE_SERVICE_FIGURES_H_
#define SHOAL_TRACKER_SERVICE_SERVICE_FIGURES_H_

#include <atomic>
#include <cstdint>

namespace shoal::service {

struct ServiceFigures {
  std::atomic<std::uint64_t> announces{0};       // carried out
  std::atomic<std::uint64_t> invalid{0};         // refused: broke a limit of the protocol
  std::atomic<std::uint64_t> exhausted{0};       // refused: a swarm or the tracker is full
  std::atomic<std::uint64_t> bytes_received{0};  // messages of announces, serialised,
  std::atomic<std::uint64_t> bytes_sent{0};      // without the framing of gRPC, HTTP/2 and TCP

  std::uint64_t refusals() const { return invalid + exhausted; }
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_SERVICE_FIGURES_H_
