// shoal-tracker: see `shoal-tracker --help`.
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <random>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/cli/logging.h"
#include "common/cli/program_options.h"
#include "common/cli/version.h"
#include "common/grpc/grpc_logging.h"
#include "common/time/running_clock.h"
#include "common/time/system_clock.h"
#include "tracker/config.h"
#include "tracker/open_store.h"
#include "tracker/server.h"

namespace shoal {
namespace {

// Keeps the signals that the program waits for from this thread and those it starts.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Each client holds a connection: as many as the system lets us have.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::uint64_t RandomSeed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::int64_t UnixMilliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int Fail(const absl::Status& status) {
  std::cerr << "shoal-tracker: " << status.message() << "\n";
  return kExitFailure;
}

// Debian builds Abseil for debugging: it looks for possible deadlocks at every lock, those of gRPC
// included, which takes a tenth of the tracker's time.
void DoNotLookForDeadlocks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

int Run(int argc, const char* const* argv) {
  const sigset_t signals = BlockSignals();
  TrackerConfig config;
  if (const std::optional<int> status = ReadTrackerConfig(argc, argv, config)) return *status;
  StartLogging(config.log_level);
  LogGrpcThroughSpdlog();
  DoNotLookForDeadlocks();
  RaiseFileLimit();

  config.membership.placement_seed = RandomSeed();
  const SystemClock system_clock;
  // Members are not gone because the tracker could not be reached.
  const RunningClock clock(system_clock);
  std::unique_ptr<store::MembershipStore> store;  // outlives the server
  const auto open_store = [&]() -> absl::StatusOr<store::MembershipStore*> {
    absl::StatusOr<std::unique_ptr<store::MembershipStore>> opened = OpenStore(config.store);
    if (!opened.ok()) return opened.status();
    store = *std::move(opened);
    return store.get();
  };
  absl::StatusOr<std::unique_ptr<TrackerServer>> server =
      TrackerServer::Start(config, {.clock = clock,
                                    .unix_ms = UnixMilliseconds,
                                    .open_store = open_store,
                                    .seed = RandomSeed()});
  if (!server.ok()) return Fail(server.status());
  const std::string version(Version());
  spdlog::info("shoal-tracker {} listens on port {} ({})", version, (*server)->listen_port(),
               config.listen);
  spdlog::info("operator listens on port {} ({})", (*server)->operator_port(),
               config.operator_listen);
  if ((*server)->metrics_port() != 0) {
    spdlog::info("metrics on port {} ({})", (*server)->metrics_port(), config.metrics_listen);
  }
  int received = 0;
  while (sigwait(&signals, &received) == 0 && received == SIGHUP) (*server)->ReloadZones();
  spdlog::info("stopping on {}", strsignal(received));
  (*server)->Stop();
  spdlog::info("stopped");
  return kExitOk;
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) { return shoal::Run(argc, argv); }
