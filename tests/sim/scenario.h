// What is simulated: a stream, viewers, a network, and what goes wrong. Plain data; where it comes
// from (a file, the command line) is scenario_file.h's affair.
//
// Rates are bytes per second; shares are fractions of viewers in [0, 1]. Times count from the start
// of the simulation. Threads: values.
#ifndef SHOAL_TESTS_SIM_SCENARIO_H_
#define SHOAL_TESTS_SIM_SCENARIO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "client/core/config.h"
#include "common/time/time.h"

namespace shoal::sim {

// `share` of all viewers send at most `bytes_per_second`. Who belongs to which group is drawn so
// that any prefix of the viewers, in order of their joins, is mixed as the whole is.
//
// Upload of 0: the owner allows none (the client's cap is 0); requests still go out, at 1 Mbit/s.
struct RateGroup {
  double share = 1;
  double bytes_per_second = 0;
};

// One rendition of the stream; its viewers form one swarm.
struct Rendition {
  double bytes_per_second = 250e3;
  double share = 1;  // of viewers that start on it
};

struct Stream {
  std::vector<Rendition> renditions{Rendition{}};
  Duration segment_duration = Seconds(2);
  std::uint32_t listed_segments = 6;  // in the live window
  // 0: live. Else VOD of this many segments, all listed, and players buffer up to 30 s ahead.
  std::uint32_t vod_segments = 0;
  // Lengths vary by up to this fraction around the rendition's rate, the same for all viewers.
  double size_jitter = 0.1;
};

struct Cdn {
  Duration first_byte = Milliseconds(40);  // least time from request to first byte
  Duration first_byte_jitter{};            // mean of an exponential added to it
  double bytes_per_second = 0;             // of one transfer; 0: the viewer's line is the limit
  double error_share = 0;                  // of segment requests answered by 503
};

struct Network {
  double down_bytes_per_second = 50e6 / 8;  // of every viewer, unless a RateGroup says otherwise
  std::vector<RateGroup> up{RateGroup{1, 5e6 / 8}};
  std::vector<RateGroup> down;              // empty: all have down_bytes_per_second
  Duration latency_min = Milliseconds(5);   // one way between two viewers: drawn once a pair,
  Duration latency_max = Milliseconds(40);  // uniform in [min, max]
  double loss = 0.001;                      // of packets of 1,460 bytes; costs a retransmission
  std::uint32_t socket_buffer =
      256 * 1024;                // bytes that a sender's kernel takes and nobody recalls
  double undiallable_share = 0;  // of viewers: they dial, nobody reaches them
};

// Joins between `begin` and `begin + span`, evenly spread in order of the viewers.
struct Joins {
  std::uint32_t viewers = 0;  // 0: all that are left
  TimePoint begin{};
  Duration span{};
};

struct Churn {
  Duration mean_stay{};     // exponential; 0: all stay. Who leaves is replaced by a newcomer
  double abrupt_share = 0;  // of leavers: gone without a word
};

// From `begin` on for `length`, something does not work.
struct Outage {
  TimePoint begin{};
  Duration length{};
};

// A partition: this share of viewers reaches the rest neither by dial nor by link.
struct Partition {
  Outage when;
  double share = 0;
};

struct Faults {
  std::vector<Outage> tracker;
  std::vector<Outage> cdn;  // every request fails
  std::vector<Partition> partitions;
  Duration stale_handouts{};     // the tracker answers from what it knew this long ago
  double trickling_share = 0;    // send at a hundredth of their line, whatever they announce
  double lying_share = 0;        // announce progress that they do not have
  double freeloading_share = 0;  // never upload: a cap of 0
  // This many viewers, evenly among all, die without a word at `kill_at`.
  std::uint32_t killed = 0;
  TimePoint kill_at{};
};

// What players do besides playing, each share drawn independently.
struct PlayerHabits {
  Duration live_delay{};       // behind the live edge; 0: three segments
  double pausing_share = 0;    // pause once for 10 s
  double seeking_share = 0;    // seek once: VOD anywhere, live back by two segments
  double switching_share = 0;  // switch rendition once
};

struct Scenario {
  std::string name;
  std::string description;
  std::uint32_t viewers = 200;
  Duration length = Seconds(120);
  // What `cdn_share` and its like are measured over.
  TimePoint measure_from = TimePoint(Seconds(50));
  Duration measure_for = Seconds(60);
  std::vector<Joins> joins{Joins{0, TimePoint{}, Seconds(20)}};
  Stream stream;
  Cdn cdn;
  Network network;
  Churn churn;
  Faults faults;
  PlayerHabits players;
  core::CoreConfig client;
  std::uint64_t seed = 1;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_SCENARIO_H_
