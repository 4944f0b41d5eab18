// What a load has measured. Threads: values.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_RESULT_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/announce_load/latency_histogram.h"
#include "tests/bench/announce_load/socket_traffic.h"
#include "tests/bench/announce_load/viewing_figures.h"

namespace shoal::bench {

// One second of the load.
struct LoadSecond {
  std::uint64_t due = 0;       // announces that were to be sent
  std::uint64_t answered = 0;  // when the answer came
  std::uint64_t failed = 0;
};

// From the first connection that the server ended, or that was cut, on.
struct Outage {
  double began_s = 0;  // since counting began
  // Until every member had an answer again; nullopt: not all did.
  std::optional<double> all_back_s;
  std::uint64_t due = 0;  // until all were back, or the end
  std::uint64_t failed = 0;
  std::uint64_t members_back = 0;
};

struct LoadResult {
  double seconds = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t memberships = 0;  // swarms answered for
  std::uint64_t members_handed_out = 0;
  std::uint64_t unfinished = 0;  // calls still under way at the end
  // From the time at which an announce was to be sent to its answer.
  LatencyHistogram latency;
  std::vector<LoadSecond> series;
  std::optional<Outage> outage;

  // Between load and server while counting, seen from the load.
  SocketTraffic traffic;
  // While counting; nullopt: the server orders nothing.
  std::optional<ViewingFigures> viewing;

  // Of the server's process, if it was named: while counting; with no connection, after all
  // members announced over all connections, and when counting ended.
  std::optional<double> server_cpu_s;
  std::optional<std::uint64_t> resident_before_bytes;
  std::optional<std::uint64_t> resident_filled_bytes;
  std::optional<std::uint64_t> resident_end_bytes;
  double own_cpu_s = 0;  // near `seconds`: the load, not the server, was the limit
  bool interrupted = false;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_RESULT_H_
