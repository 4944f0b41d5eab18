#include "tracker/config.h"

#include <iostream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/cli/logging.h"
#include "common/cli/program_options.h"
#include "common/grpc/ip_address.h"

namespace shoal {
namespace {

// Validators for CLI11: the fault, or nothing.
std::string EndpointFault(const std::string& text) {
  const absl::StatusOr<Endpoint> endpoint = ParseEndpoint(text);
  return endpoint.ok() ? "" : std::string(endpoint.status().message());
}

std::string AddressBlockFault(const std::string& text) {
  const absl::StatusOr<AddressBlock> block = AddressBlock::Parse(text);
  return block.ok() ? "" : std::string(block.status().message());
}

void AddListeningOptions(ProgramOptions& options, TrackerConfig& config) {
  options.Group("Listening");
  options
      .Add("--listen", "ADDR:PORT", config.listen,
           "Where clients announce themselves. Port 0 takes a free one.")
      ->check(EndpointFault);
  options
      .Add("--operator-listen", "ADDR:PORT", config.operator_listen,
           "Where you ask the tracker what it knows, for example with grpcurl. It tells everybody "
           "who can reach it.")
      ->check(EndpointFault);
  options.AddFlag("--operator-anywhere", config.operator_anywhere,
                  "Let --operator-listen be an address that other machines can reach.");
  options
      .Add("--metrics-listen", "ADDR:PORT", config.metrics_listen,
           "Where Prometheus scrapes /metrics. Not served unless given.")
      ->check(EndpointFault);
  options
      .Add("--trusted-proxy", "CIDR", config.trusted_proxies,
           "Addresses of proxies before the tracker, such as 10.0.0.0/8: only what comes from "
           "there is believed to come from where its x-forwarded-for header says.")
      ->check(AddressBlockFault);
  options.Add("--ports-file", "FILE", config.ports_file,
              "Write the ports to this file once they are open, one `name=port` a line.");
}

void AddZoneOptions(ProgramOptions& options, TrackerConfig& config) {
  options.Group("Zones");
  options.Add("--zones", "FILE", config.zones,
              "Which addresses are near each other: lines of `CIDR NAME`, or a database in "
              "MaxMind's format (.mmdb). Read again on SIGHUP; one that is wrong then changes "
              "nothing. Without it, and for addresses that are not in it, the first 16 bits of an "
              "IPv4 address and the first 32 of an IPv6 one say so.");
}

void AddCapacityOptions(ProgramOptions& options, TrackerConfig& config) {
  options.Group("Capacity");
  options
      .Add("--announce-rate", "N", config.membership.announces_per_second,
           "Calls per second to strive for: the more members there are, the less often each is "
           "told to call, between every 15 s and every 15 min.")
      ->check(CLI::Range(0.001, 1e9));
  options
      .Add("--dial-rate", "N", config.dial_rate,
           "Members per second that the tracker dials, at the address and port at which they join, "
           "to find out whether others can. 0: it believes them.")
      ->check(CLI::Range(0.0, 1e5));
  options
      .Add("--max-members", "N", config.membership.max_members,
           "Members of all swarms together beyond which nobody can join.")
      ->check(CLI::Range(1, 1'000'000'000));
  options
      .Add("--max-members-per-swarm", "N", config.membership.max_members_per_swarm,
           "Members of one swarm beyond which nobody can join it.")
      ->check(CLI::Range(1, 1'000'000'000));
  options
      .Add("--max-swarms", "N", config.membership.max_swarms, "Swarms beyond which none can begin.")
      ->check(CLI::Range(1, 1'000'000'000));
  options
      .Add("--max-connections", "N", config.connections.in_all,
           "Connections of clients beyond which further ones are closed at once. 0: as many as the "
           "limit on open files allows.")
      ->check(CLI::Range(0, 100'000'000));
  options
      .Add("--max-connections-per-address", "N", config.connections.per_source,
           "The same for one address (IPv6: one /64), behind which there may be many clients. "
           "Those of --trusted-proxy have no such limit.")
      ->check(CLI::Range(1, 100'000'000));
  options
      .Add("--threads", "N", config.threads, "Threads that answer announces; one for each core.")
      ->check(CLI::Range(1, 256));
}

constexpr char kMemory[] = "memory";
constexpr char kRocksDb[] = "rocksdb";

// `text`, given with --store or empty, as a choice; the fault if it makes none.
absl::StatusOr<StoreChoice> ParseStore(absl::string_view text, const std::string& state_dir) {
  if (text == kMemory || (text.empty() && state_dir.empty())) return StoreChoice{};
  if (text.empty() || text == kRocksDb) {
    if (state_dir.empty()) {
      return absl::InvalidArgumentError(
          "rocksdb has no directory: give --state-dir, or rocksdb:DIR");
    }
    return StoreChoice{.kind = StoreKind::kRocksDb,
                       .directory = absl::StrCat(state_dir, "/members")};
  }
  if (absl::ConsumePrefix(&text, absl::StrCat(kRocksDb, ":")) && !text.empty()) {
    return StoreChoice{.kind = StoreKind::kRocksDb, .directory = std::string(text)};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is none of memory, rocksdb and rocksdb:DIR"));
}

void AddStoreOptions(ProgramOptions& options, TrackerConfig& config, std::string& store) {
  options.Group("Members over a restart");
  options.Add("--state-dir", "DIR", config.state_dir,
              "Where the tracker keeps what it must know again after a restart; made if missing. "
              "Without it members are kept in memory alone, unless --store names a directory.");
  options.Add("--store", "STORE", store,
              "What members are kept in: rocksdb (the default with --state-dir: in its directory "
              "`members`), rocksdb:DIR, or memory: then a restarted tracker knows nobody until "
              "they have announced themselves again.");
  options.AddFlag("--repair", config.store.repair,
                  "First mend the store if it is damaged: what can be read is kept, what cannot be "
                  "is set aside. Does nothing to one that is whole.");
}

}  // namespace

std::optional<int> ReadTrackerConfig(int argc, const char* const* argv, TrackerConfig& config) {
  ProgramOptions options("shoal-tracker",
                         "Tells clients that watch the same stream of each other, so that they "
                         "can share what they fetch. It never sees the stream.");
  AddListeningOptions(options, config);
  AddZoneOptions(options, config);
  AddCapacityOptions(options, config);
  std::string store;
  AddStoreOptions(options, config, store);
  options.Group("Logging");
  AddLogLevelOption(options, config.log_level);
  if (const std::optional<int> status = options.Parse(argc, argv)) return status;
  if (!config.operator_anywhere && !IsLoopback(ParseEndpoint(config.operator_listen)->address)) {
    std::cerr << "shoal-tracker: --operator-listen: " << config.operator_listen
              << " is not a loopback address, and --operator-anywhere is not given\n";
    return kExitUsage;
  }
  absl::StatusOr<StoreChoice> choice = ParseStore(store, config.state_dir);
  if (!choice.ok()) {
    std::cerr << "shoal-tracker: --store: " << choice.status().message() << "\n";
    return kExitUsage;
  }
  choice->repair = config.store.repair;
  config.store = *std::move(choice);
  return std::nullopt;
}

}  // namespace shoal
