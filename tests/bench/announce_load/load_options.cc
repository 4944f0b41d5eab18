#include "tests/bench/announce_load/load_options.h"

#include <algorithm>
#include <iostream>

#include "absl/status/statusor.h"
#include "common/cli/program_options.h"
#include "common/grpc/ip_address.h"
#include "tests/bench/announce_load/scheduled_viewers.h"

namespace shoal::bench {
namespace {

constexpr std::size_t kMembersMax = 1'000'000;
constexpr std::size_t kConnectionsMax = 60'000;
constexpr std::size_t kSwarmsPerMemberMax = 64;  // of one announce
constexpr int kAnyStatus = -1;                   // none was given

std::string ServerFault(const std::string& text) {
  const absl::StatusOr<Endpoint> endpoint = ParseEndpoint(text);
  if (!endpoint.ok()) return std::string(endpoint.status().message());
  return endpoint->address.size() == 4 && endpoint->port != 0 ? "" : "not an IPv4 address and port";
}

void AddLoad(ProgramOptions& options, LoadOptions& load) {
  options.Group("Load");
  options.Add("--server", "ADDR:PORT", load.server, "The tracker, by its IPv4 address.")
      ->check(ServerFault);
  options.AddChoice<Protocol>(
      "--protocol", load.protocol,
      {{"shoal", Protocol::kShoal},
       {"bittorrent", Protocol::kBittorrent},
       {"scheduling", Protocol::kScheduling}},
      "Announces of shoal.v1.Tracker over gRPC, those of BitTorrent over HTTP, or reports of "
      "viewers "
      "who fetch the pieces that a scheduling tracker orders (only with --mode members).");
  options.AddFlag("--connection-per-call", load.connection_per_call,
                  "With --protocol bittorrent: do not use a connection twice.");
  options.AddChoice<Mode>(
      "--mode", load.mode,
      {{"saturate", Mode::kSaturate}, {"paced", Mode::kPaced}, {"members", Mode::kMembers}},
      "saturate: --connections times --streams calls under way at all times. paced: --rate calls a "
      "second, evenly spaced whether or not answers come. members: each member when the tracker "
      "told it to; after failures as clients do.");
  options.Add("--connections", "N", load.connections, "Connections to the server.")
      ->check(CLI::Range(std::size_t{1}, kConnectionsMax));
  options.Add("--streams", "N", load.streams, "Calls under way on each, while saturating.")
      ->check(CLI::Range(1, 100));
  options.Add("--rate", "N", load.rate, "Announces per second, when paced.")
      ->check(CLI::Range(0.01, 1e6));
}

void AddMembers(ProgramOptions& options, LoadOptions& load, int& status) {
  options.Group("Members");
  options
      .Add("--members", "N", load.members,
           "Virtual members; they share the connections. Rounded up to a multiple of the calls "
           "under way, except with --mode members.")
      ->check(CLI::Range(std::size_t{1}, kMembersMax));
  options.Add("--swarm-size", "N", load.swarm_size, "Members of each swarm.")
      ->check(CLI::Range(std::size_t{1}, kMembersMax));
  options.Add("--swarms", "N", load.swarms_per_member, "Swarms that each member is in.")
      ->check(CLI::Range(std::size_t{1}, kSwarmsPerMemberMax));
  options.AddFlag("--no-cookies", load.no_cookies,
                  "Never send back the cookie of an answer: the tracker then answers with whole "
                  "handouts instead of what has changed.");
  options.AddDuration(
      "--stay", load.mean_stay,
      "How long members stay, in the mean: each then leaves with its next announce, "
      "and somebody new joins with the one after it. Likewise each tells in its "
      "second announce what it uploads. 0s: all stay, and nothing changes.");
  options.AddChoice<Hostility>(
      "--hostile", load.hostility,
      {{"none", Hostility::kNone},
       {"garbage", Hostility::kGarbage},
       {"short-id", Hostility::kShortId},
       {"many-swarms", Hostility::kManySwarms},
       {"twice", Hostility::kTwice},
       {"huge", Hostility::kHuge},
       {"forwarded", Hostility::kForwarded}},
      "Announces that a tracker must refuse: as answered count those that it refuses with the "
      "right "
      "status. forwarded is refused by one that trusts this machine (--trusted-proxy).");
  options.Add("--expect-status", "N", status, "That it is to be this one of gRPC's instead.")
      ->check(CLI::Range(0, 16));
  options.AddDuration("--join-over", load.join_over,
                      "With --mode members: they come one by one, in this time.");
  options.AddFlag("--no-fill", load.no_fill,
                  "Do not have all members announce once, as fast as the server answers, before "
                  "anything is counted. With --mode members they never do.");
  options.AddFlag(
      "--list-swarms", load.list_swarms,
      "Print the ids of all swarms, in hexadecimal and one a line, and end: for trackers "
      "that serve only swarms which they were told.");
  options.Add("--seed", "N", load.seed, "Of all that is left to chance.");
}

void AddMeasuring(ProgramOptions& options, LoadOptions& load, Duration& storm_after) {
  options.Group("Measuring");
  options.AddDuration("--connect-limit", load.connect_limit,
                      "Give up if not all connections stand after so long.");
  options.AddDuration("--warm-up", load.warm_up, "Load that is not counted.");
  options.AddDuration("--measure", load.measured, "Load that is.");
  options.AddDuration("--storm-after", storm_after,
                      "Cut all connections at once, so long after counting began, and open them "
                      "again; with --mode members all then announce at once. 0s: do not.");
  options
      .Add("--server-pid", "PID", load.server_pid,
           "The server's process on this machine, to read its CPU time and memory; 0: none.")
      ->check(CLI::Range(0, 1 << 22));
  options.Add("--json", "FILE", load.json_file,
              "Write the result there (-: standard output, instead of the summary).");
}

}  // namespace

std::optional<int> ReadLoadOptions(int argc, const char* const* argv, LoadOptions& load) {
  ProgramOptions options("announce_load",
                         "Puts a tracker under the load of many virtual members, and measures what "
                         "it answers, how fast, and what that costs it.");
  Duration storm_after{};
  AddLoad(options, load);
  int status_expected = kAnyStatus;
  AddMembers(options, load, status_expected);
  AddMeasuring(options, load, storm_after);
  if (const std::optional<int> status = options.Parse(argc, argv)) return status;
  if (storm_after > Duration(0)) load.storm_after = storm_after;
  if (status_expected != kAnyStatus) load.status = status_expected;
  if (load.measured <= Duration(0) || storm_after >= load.measured) {
    std::cerr << "announce_load: --measure: must be longer than --storm-after, and than nothing\n";
    return kExitUsage;
  }
  if (load.protocol == Protocol::kScheduling &&
      (load.mode != Mode::kMembers || load.swarm_size > kScheduledSwarmSizeMax)) {
    std::cerr
        << "announce_load: --protocol: scheduling wants --mode members, and a --swarm-size of "
        << kScheduledSwarmSizeMax << " at most\n";
    return kExitUsage;
  }
  if (load.mean_stay != Duration(0) &&
      (load.protocol != Protocol::kShoal || load.hostility != Hostility::kNone)) {
    std::cerr << "announce_load: --stay: only with --protocol shoal, and without --hostile\n";
    return kExitUsage;
  }
  if (load.protocol != Protocol::kShoal) load.swarms_per_member = 1;
  if (load.protocol == Protocol::kBittorrent) load.streams = 1;
  if (load.mode != Mode::kMembers) {
    const std::size_t calls = load.connections * load.streams;
    load.members = (std::max(load.members, calls) + calls - 1) / calls * calls;
  }
  return std::nullopt;
}

}  // namespace shoal::bench
