#include "tests/sim/world/network_model.h"

#include <algorithm>

#include "tests/sim/world/mix.h"

namespace shoal::sim {

NetworkModel::NetworkModel(const Scenario& scenario)
    : seed_(Mix(scenario.seed, 0x6c6174)),
      latency_min_(scenario.network.latency_min),
      latency_max_(std::max(scenario.network.latency_min, scenario.network.latency_max)),
      partitions_(scenario.faults.partitions),
      random_(Mix(scenario.seed, 0x6c6f7373)) {
  double all_arrive = 1;
  for (double& lost : lost_by_packets_) {
    lost = 1 - all_arrive;
    all_arrive *= 1 - scenario.network.loss;
  }
}

void NetworkModel::AddViewer(double up, double down) { ports_.push_back({Line(up), Line(down)}); }

Duration NetworkModel::Latency(std::uint32_t a, std::uint32_t b) const {
  const double unit = ToUnit(Mix(seed_, std::min(a, b), std::max(a, b)));
  const auto span = static_cast<double>((latency_max_ - latency_min_).count());
  return latency_min_ + Microseconds(static_cast<std::int64_t>(unit * span));
}

bool NetworkModel::Apart(const Partition& partition, std::size_t number,
                         std::uint32_t viewer) const {
  return ToUnit(Mix(seed_, 0x70617274 + number, viewer)) < partition.share;
}

TimePoint NetworkModel::OpenAt(std::uint32_t a, std::uint32_t b, TimePoint time) const {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& partition = partitions_[i];
    const TimePoint end = partition.when.begin + partition.when.length;
    if (time < partition.when.begin || time >= end) continue;
    if (Apart(partition, i, a) != Apart(partition, i, b)) time = end;
  }
  return time;
}

TimePoint NetworkModel::Arrival(std::uint32_t from, std::uint32_t to, TimePoint sent,
                                std::uint32_t bytes) {
  const Duration latency = Latency(from, to);
  TimePoint arrival = sent + latency;
  const std::size_t packets = (bytes + kPacket - 1) / kPacket;
  const double lost = lost_by_packets_[std::min(packets, lost_by_packets_.size() - 1)];
  if (lost > 0 && random_.Uniform() < lost) arrival += 2 * latency + kRetransmission;
  if (partitions_.empty()) return arrival;
  const TimePoint open = OpenAt(from, to, sent);
  return open == sent ? arrival : std::max(arrival, open + latency + kRetransmission);
}

}  // namespace shoal::sim
