#include "tests/sim/world/network_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace shoal::sim {
namespace {

TimePoint At(double s) { return TimePoint(Seconds(s)); }

TEST(NetworkModel, DrawsOneLatencyForEachPair) {
  Scenario scenario;
  scenario.network.latency_min = Milliseconds(5);
  scenario.network.latency_max = Milliseconds(40);
  const NetworkModel network(scenario);
  double sum = 0;
  for (std::uint32_t a = 0; a < 100; ++a) {
    for (std::uint32_t b = 0; b < a; ++b) {
      const Duration latency = network.Latency(a, b);
      EXPECT_EQ(latency, network.Latency(b, a));
      EXPECT_GE(latency, Milliseconds(5));
      EXPECT_LE(latency, Milliseconds(40));
      sum += ToSeconds(latency);
    }
  }
  EXPECT_NEAR(sum / 4950, 0.0225, 0.0005);
}

TEST(NetworkModel, DelaysWhatIsLostByARoundTripAndARetransmission) {
  Scenario scenario;
  scenario.network.loss = 0.01;
  NetworkModel network(scenario);
  const Duration latency = network.Latency(0, 1);
  int lost = 0;
  for (int i = 0; i < 20'000; ++i) {
    const TimePoint arrival = network.Arrival(0, 1, At(1), 16'000);  // 11 packets
    if (arrival == At(1) + latency) continue;
    EXPECT_EQ(arrival, At(1) + 3 * latency + NetworkModel::kRetransmission);
    ++lost;
  }
  EXPECT_NEAR(lost / 20'000.0, 1 - std::pow(0.99, 11), 0.01);
}

TEST(NetworkModel, KeepsWhatIsSentAcrossAPartitionUntilItIsOver) {
  Scenario scenario;
  scenario.network.loss = 0;
  scenario.faults.partitions = {{.when = {.begin = At(10), .length = Seconds(5)}, .share = 0.5}};
  NetworkModel network(scenario);
  int apart = 0;
  for (std::uint32_t b = 1; b < 200; ++b) {
    EXPECT_EQ(network.Arrival(0, b, At(9), 100), At(9) + network.Latency(0, b));
    EXPECT_EQ(network.Arrival(0, b, At(15), 100), At(15) + network.Latency(0, b));
    const TimePoint during = network.Arrival(0, b, At(12), 100);
    if (during == At(12) + network.Latency(0, b)) continue;
    EXPECT_GE(during, At(15));
    ++apart;
  }
  EXPECT_NEAR(apart, 100, 25);
}

}  // namespace
}  // namespace shoal::sim
