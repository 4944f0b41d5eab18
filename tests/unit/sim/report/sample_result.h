// A result with every field set, for tests of what is made of results.
#ifndef SHOAL_TESTS_UNIT_SIM_REPORT_SAMPLE_RESULT_H_
#define SHOAL_TESTS_UNIT_SIM_REPORT_SAMPLE_RESULT_H_

#include "tests/sim/result.h"

namespace shoal::sim {

inline Result SampleResult(std::uint64_t seed = 7) {
  Result result;
  result.scenario = "mixed";
  result.viewers = 200;
  result.seed = seed;
  result.cdn_share = 0.0154;
  result.floor = 0.005;
  result.stall_seconds_per_viewer_hour = 0.02;
  result.startup_median_s = 0.21;
  result.latency_median_s = 6.5;
  result.waste_share = 0.01;
  result.control_share = 0.015;
  result.cdn_requests_per_segment = 1.1;
  result.upload_fairness = 0.8;
  result.upload_over_cap_max = 0.04;
  result.stalls = 3;
  result.segments = 12'000;
  result.handoffs = {{"deadline", 5}, {"start", 400}};
  result.events = 1'000'000;
  result.trace = 0xab;
  result.simulated_s = 20;
  result.wall_s = 4;
  result.peak_rss_bytes = 50'000'000;
  for (int i = 1; i <= 20; ++i) {
    result.seconds.push_back(Second{.at = 1.0 * i,
                                    .viewers = 10u * static_cast<std::uint32_t>(i),
                                    .cdn_bytes = i <= 10 ? 300u : 100u,
                                    .peer_bytes = i <= 10 ? 100u : 900u,
                                    .player_bytes = i <= 1 ? 0u : 1000u,
                                    .stalled_seconds = i == 3 ? 1.5 : 0});
  }
  result.upload_use = {0.9, 0.1, 0.5, 0.4};
  return result;
}

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_UNIT_SIM_REPORT_SAMPLE_RESULT_H_
