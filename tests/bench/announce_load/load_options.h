// What announce_load is told. Threads: a value.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_OPTIONS_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/time/time.h"
#include "tests/bench/announce_load/hostile_members.h"

namespace shoal::bench {

enum class Protocol { kShoal, kBittorrent, kScheduling };
enum class Mode { kSaturate, kPaced, kMembers };

struct LoadOptions {
  std::string server = "127.0.0.1:7070";
  Protocol protocol = Protocol::kShoal;
  Mode mode = Mode::kSaturate;

  bool connection_per_call = false;  // of BitTorrent

  std::size_t connections = 32;
  std::size_t streams = 16;  // of each connection, while saturating or filling
  std::size_t members = 10'000;
  std::size_t swarm_size = 1000;
  std::size_t swarms_per_member = 1;
  bool no_cookies = false;  // else each member sends back the last it was given
  Duration mean_stay{};     // after which a member leaves and another joins; zero: they all stay
  Hostility hostility = Hostility::kNone;
  std::optional<int> status;  // with which each call is to end; nullopt: that of the hostility

  double rate = 1000;                // announces per second, when paced
  Duration join_over = Seconds(15);  // in which all members come, one by one
  Duration connect_limit = Seconds(60);
  Duration warm_up = Seconds(1);  // not counted
  Duration measured = Seconds(10);
  std::optional<Duration> storm_after;  // cut and reopen all connections, after so much of it
  bool no_fill = false;                 // else all members announce once before

  bool list_swarms = false;  // only name the swarms, do nothing
  int server_pid = 0;        // whose CPU time and memory are read; 0: nobody's
  std::uint64_t seed = 1;
  std::string json_file;  // empty: none; "-": standard output
};

// Sets `options`, which holds the defaults. nullopt: go on. Otherwise the program's exit status,
// after help or one line on standard error.
[[nodiscard]] std::optional<int> ReadLoadOptions(int argc, const char* const* argv,
                                                 LoadOptions& options);

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_OPTIONS_H_
