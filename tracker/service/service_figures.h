// What the tracker's service counts, since the process started.
//
// Threads: any; each figure is exact by itself, together they are of about the same moment.
#ifndef SHOAL_TRACKER_SERVICE_SERVICE_FIGURES_H_
#define SHOAL_TRACKER_SERVICE_SERVICE_FIGURES_H_

#include <atomic>
#include <cstdint>

namespace shoal::service {

// Of the store that outlives the process; all zero if there is none.
struct StoreFigures {
  std::atomic<bool> present{false};
  std::atomic<bool> failing{false};            // changes cannot be written at present
  std::atomic<bool> damaged{false};            // what was stored could not be read to its end
  std::atomic<std::uint64_t> failures{0};      // attempts to write
  std::atomic<std::uint64_t> unwritten{0};     // changes that wait to be written
  std::atomic<std::uint64_t> lost{0};          // changes given up because too many waited
  std::atomic<std::uint64_t> restored{0};      // members read at the start
  std::atomic<std::uint64_t> restoring_ms{0};  // how long that took

  bool healthy() const { return !failing && !damaged; }
};

// Of dials that find out who can be dialled.
struct DialFigures {
  std::atomic<std::uint64_t> reached{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> skipped{0};  // because too many waited, or there was no socket
};

// Of clients' connections.
struct ConnectionFigures {
  std::atomic<std::uint64_t> open{0};  // some may have closed seconds ago
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused_in_all{0};     // there were too many
  std::atomic<std::uint64_t> refused_of_source{0};  // there were too many from that address
  std::atomic<std::uint64_t> refused_for_want_of_descriptors{0};
};

struct ServiceFigures {
  std::atomic<std::uint64_t> announces{0};       // carried out
  std::atomic<std::uint64_t> invalid{0};         // refused: broke a limit of the protocol
  std::atomic<std::uint64_t> exhausted{0};       // refused: a swarm or the tracker is full
  std::atomic<std::uint64_t> bytes_received{0};  // messages of announces, serialised,
  std::atomic<std::uint64_t> bytes_sent{0};      // without the framing of gRPC, HTTP/2 and TCP

  StoreFigures store;
  DialFigures dials;
  ConnectionFigures connections;

  std::uint64_t refusals() const { return invalid + exhausted; }
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_SERVICE_FIGURES_H_
