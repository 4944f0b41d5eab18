// announce_load: see `announce_load --help` and tests/bench/README.md.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/atomic_file.h"
#include "common/cli/program_options.h"
#include "common/time/system_clock.h"
#include "tests/bench/announce_load/load_options.h"
#include "tests/bench/announce_load/load_report.h"
#include "tests/bench/announce_load/load_run.h"
#include "tests/bench/announce_load/virtual_members.h"

namespace shoal::bench {
namespace {

constexpr int kExitInterrupted = 130;  // as shells have it: 128 + SIGINT
// Files that the program has open besides its connections.
constexpr rlim_t kOtherFiles = 16;

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

// The first Ctrl-C ends the run; a second ends the program, as if there were no handler.
void EndOnInterrupt() {
  struct sigaction action = {};
  action.sa_handler = [](int) { stop = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

absl::Status MakeRoomFor(std::size_t connections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (connections + kOtherFiles <= limit.rlim_cur) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      "--connections: more than this process may open files; see `ulimit -Hn`");
}

int Fail(const absl::Status& status) {
  std::cerr << "announce_load: " << status.message() << "\n";
  return kExitFailure;
}

absl::Status Write(const LoadOptions& options, const LoadResult& result) {
  if (options.json_file == "-") {
    std::cout << LoadJson(options, result) << std::flush;
    return absl::OkStatus();
  }
  std::cout << LoadSummary(options, result) << std::flush;
  if (options.json_file.empty()) return absl::OkStatus();
  return WriteFileAtomically(options.json_file, LoadJson(options, result));
}

int ListSwarms(const LoadOptions& options) {
  const std::vector<std::string> ids =
      options.protocol == Protocol::kBittorrent
          ? BittorrentSwarms(options.members, options.swarm_size)
          : ShoalSwarms(options.members, options.swarm_size, options.swarms_per_member);
  for (const std::string& id : ids) std::cout << id << "\n";
  return kExitOk;
}

int Run(int argc, const char* const* argv) {
  LoadOptions options;
  if (const std::optional<int> status = ReadLoadOptions(argc, argv, options)) return *status;
  if (options.list_swarms) return ListSwarms(options);
  if (absl::Status status = MakeRoomFor(options.connections); !status.ok()) return Fail(status);
  EndOnInterrupt();
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const SystemClock clock;
  LoadRun run(
      options, clock,
      [terminal](const LoadProgress& progress) {
        if (terminal) std::cerr << "\r" << ProgressLine(progress) << "\x1b[K" << std::flush;
      },
      stop);
  const absl::StatusOr<LoadResult> result = run.Run();
  if (terminal) std::cerr << "\r\x1b[K" << std::flush;
  if (!result.ok()) return Fail(result.status());
  if (absl::Status status = Write(options, *result); !status.ok()) return Fail(status);
  return result->interrupted ? kExitInterrupted : kExitOk;
}

}  // namespace
}  // namespace shoal::bench

int main(int argc, char** argv) { return shoal::bench::Run(argc, argv); }
