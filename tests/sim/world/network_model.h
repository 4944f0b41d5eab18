// Lines, latencies, loss and partitions: when what one viewer sends another arrives.
//
// Latency is drawn once a pair, as a function of pair and seed, so none is stored. Loss costs the
// message one round trip and TCP's least retransmission timeout (200 ms, RFC 6298 as Linux has it):
// more than a fast retransmission does, which most of these messages are too short for. What is
// sent across a partition arrives when it is over, since TCP goes on trying.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_NETWORK_MODEL_H_
#define SHOAL_TESTS_SIM_WORLD_NETWORK_MODEL_H_

#include <array>
#include <cstdint>
#include <vector>

#include "common/random/random.h"
#include "common/time/time.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/line.h"

namespace shoal::sim {

class NetworkModel {
 public:
  static constexpr Duration kRetransmission = Milliseconds(200);
  static constexpr std::uint32_t kPacket = 1460;  // bytes

  // Copies what it needs of the scenario.
  explicit NetworkModel(const Scenario& scenario);

  // The next viewer, counted from 0. Rates in bytes per second.
  void AddViewer(double up, double down);
  Line& up(std::uint32_t viewer) { return ports_[viewer].up; }
  Line& down(std::uint32_t viewer) { return ports_[viewer].down; }

  // One way. The same both ways.
  Duration Latency(std::uint32_t a, std::uint32_t b) const;

  // When a message whose last byte leaves `from`'s line at `sent` arrives at `to`'s. Draws whether
  // it is lost on the way.
  TimePoint Arrival(std::uint32_t from, std::uint32_t to, TimePoint sent, std::uint32_t bytes);

  // When a partition that parts the two at `time` is over; `time` if none does.
  TimePoint OpenAt(std::uint32_t a, std::uint32_t b, TimePoint time) const;

 private:
  struct Port {
    Line up;
    Line down;
  };

  bool Apart(const Partition& partition, std::size_t number, std::uint32_t viewer) const;

  const std::uint64_t seed_;
  const Duration latency_min_;
  const Duration latency_max_;
  const std::vector<Partition> partitions_;
  std::array<double, 16> lost_by_packets_{};  // chance that at least one of so many is lost
  Random random_;
  std::vector<Port> ports_;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_NETWORK_MODEL_H_
