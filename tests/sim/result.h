// What came of a simulation. Plain data; written as JSON and drawn as charts by report/.
// Threads: values.
#ifndef SHOAL_TESTS_SIM_RESULT_H_
#define SHOAL_TESTS_SIM_RESULT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace shoal::sim {

// One second of simulated time, all viewers together; bytes of segments.
struct Second {
  double at = 0;  // its end, in seconds
  std::uint32_t viewers = 0;
  std::uint64_t cdn_bytes = 0;
  std::uint64_t peer_bytes = 0;
  std::uint64_t player_bytes = 0;  // of segments completed for players
  double stalled_seconds = 0;
};

struct Result {
  std::string scenario;
  std::uint32_t viewers = 0;  // at most at once
  std::uint64_t seed = 0;
  bool partial = false;  // ended before the scenario was over: all below is of the time until then

  // Over the measured time; see Scenario::measure_from.
  double cdn_share = 0;  // CDN bytes ÷ bytes completed for players
  double floor = 0;      // max(distinct bytes, delivered − Σ upload · seconds) ÷ delivered
  double stall_seconds_per_viewer_hour = 0;
  double startup_median_s = 0;  // over all viewers that joined, whenever
  double latency_median_s = 0;  // first picture shown behind the live edge
  double waste_share = 0;       // received and of no use ÷ bytes completed for players
  double control_share = 0;     // messages that are not Data, serialised + 14 B each ÷ the same
  double cdn_requests_per_segment = 0;
  double upload_fairness = 0;   // Jain's index of upload ÷ own capacity, over who has any
  double upload_over_cap_max = 0;  // most that a capped client sent in a second ÷ its cap − 1
  std::uint64_t stalls = 0;        // whole run
  std::uint64_t segments = 0;      // whole run, completed for players
  std::map<std::string, std::uint64_t> handoffs;  // pieces by reason, whole run
  std::vector<std::string> violations;  // of invariants, the first 20; empty: all held
  std::uint64_t violation_count = 0;

  std::uint64_t events = 0;  // handled by cores
  std::uint64_t trace = 0;   // digest of all actions: equal runs have equal ones
  double simulated_s = 0;
  double wall_s = 0;
  std::uint64_t peak_rss_bytes = 0;

  std::vector<Second> seconds;
  std::vector<double> upload_use;  // of each viewer: upload ÷ own capacity, measured time
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_RESULT_H_
