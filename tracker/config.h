// The tracker's settings, as its options give them. Threads: a value.
#ifndef SHOAL_TRACKER_CONFIG_H_
#define SHOAL_TRACKER_CONFIG_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tracker/membership/membership_config.h"
#include "tracker/service/connection_ledger.h"

namespace shoal {

enum class StoreKind : std::uint8_t { kMemory, kRocksDb };

// What members are kept in.
struct StoreChoice {
  StoreKind kind = StoreKind::kMemory;
  std::string directory;  // of kRocksDb
  bool repair = false;    // first mend what is damaged
};

struct TrackerConfig {
  // Where clients announce themselves. Port 0 takes a free one; see ports_file.
  std::string listen = "[::]:7070";
  // Where the operator asks, by grpcurl or scripts. Anybody who can reach it sees all members, so
  // it must be an address of this machine alone unless operator_anywhere.
  std::string operator_listen = "127.0.0.1:7071";
  bool operator_anywhere = false;
  // Where Prometheus scrapes /metrics; empty: nowhere.
  std::string metrics_listen;

  // Blocks of addresses, in CIDR notation, of proxies whose x-forwarded-for is believed.
  std::vector<std::string> trusted_proxies;

  // A table of address blocks or a database that says which addresses are near each other (see
  // service/zone_source.h). Empty: the prefixes of addresses say so.
  std::string zones;

  // Members that are dialled per second to find out whether they can be (see service/dial_back.h);
  // the others are believed. 0: all are.
  double dial_rate = 200;

  // Threads that answer announces. More than the machine has cores serve nothing.
  std::size_t threads = std::max(1u, std::thread::hardware_concurrency());
  // Connections of clients in all, and of one address (IPv6: one /64). in_all 0: as many as there
  // can be descriptors, less some for the tracker's own files.
  service::ConnectionLimits connections = {.in_all = 0};
  // Limits and the rate of announces. The program draws placement_seed when it starts.
  membership::MembershipConfig membership;

  // Where the tracker keeps what it must know again after a restart; empty: nowhere.
  std::string state_dir;
  // Unless told otherwise: RocksDB in the directory `members` of state_dir, or memory without one.
  StoreChoice store;

  // Is written once all ports are open, with a line `listen=PORT`, `operator=PORT` and, if there is
  // one, `metrics=PORT`. Empty: no such file.
  std::string ports_file;
  std::string log_level = "info";
};

// Sets `config`, which holds the defaults, from command line, environment and file. nullopt: go
// on. Otherwise the exit status of the program, after help or one line on standard error.
[[nodiscard]] std::optional<int> ReadTrackerConfig(int argc, const char* const* argv,
                                                   TrackerConfig& config);

}  // namespace shoal

#endif  // SHOAL_TRACKER_CONFIG_H_
