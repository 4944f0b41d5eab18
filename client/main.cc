// shoal-client: reads its options, runs one client until it is told to stop.

#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>  // Boost 1.74's Asio needs it first.

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/config.h"
#include "client/runtime/client.h"
#include "common/base/atomic_file.h"
#include "common/cli/logging.h"
#include "common/cli/program_options.h"
#include "common/cli/version.h"
#include "common/time/system_clock.h"

namespace shoal {
namespace {

// A client runs for days beside a player, in some 48 MB. glibc would give each of gRPC's threads an
// arena that keeps what it freed, and after the first large free would raise the limits below by
// itself, so that freed segments and playlists stay resident.
void KeepMemorySmall() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 512 * 1024);
}

// From the first signal to the end of the process at the latest.
constexpr Duration kStopLimit = Milliseconds(2700);

extern "C" void StopLimitReached(int) {
  constexpr char kLine[] = "shoal-client: stopping took too long; ending without goodbye\n";
  // Nothing more can be done if even this fails.
  if (write(STDERR_FILENO, kLine, sizeof kLine - 1) < 0) _exit(kExitFailure);
  _exit(kExitFailure);
}

void ArmStopLimit() {
  std::signal(SIGALRM, StopLimitReached);
  itimerval timer{};
  timer.it_value.tv_sec = kStopLimit.count() / 1'000'000;
  timer.it_value.tv_usec = kStopLimit.count() % 1'000'000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

std::uint64_t RandomSeed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

absl::Status WritePorts(const std::string& path, const runtime::Client& client) {
  if (path.empty()) return absl::OkStatus();
  return WriteFileAtomically(
      path, absl::StrCat("listen=", client.listen_port(), "\npeer=", client.peer_port(), "\n"));
}

// Waits for SIGINT or SIGTERM: the first stops the client, the next ends the process at once.
class Stopper {
 public:
  Stopper(boost::asio::io_context& io, runtime::Client& client)
      : io_(io), client_(client), signals_(io, SIGINT, SIGTERM) {
    Wait();
  }

 private:
  void Wait() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (stopping_) {
        spdlog::warn("told to stop twice: ending at once");
        spdlog::shutdown();
        _exit(kExitFailure);
      }
      stopping_ = true;
      ArmStopLimit();
      spdlog::info("stopping");
      client_.Stop([this] { io_.stop(); });
      Wait();
    });
  }

  boost::asio::io_context& io_;
  runtime::Client& client_;
  boost::asio::signal_set signals_;
  bool stopping_ = false;
};

int Run(ClientConfig config) {
  StartLogging(config.log_level);
  const SystemClock clock;
  boost::asio::io_context io(1);
  const std::string origin = config.client.origin.Origin();
  const std::string tracker = config.client.tracker;
  absl::StatusOr<std::unique_ptr<runtime::Client>> client =
      runtime::Client::Create(io, clock, std::move(config.client), RandomSeed());
  absl::Status started = client.status();
  if (started.ok()) started = WritePorts(config.ports_file, **client);
  if (!started.ok()) {
    spdlog::error("cannot start: {}", std::string(started.message()));
    return kExitFailure;
  }
  spdlog::info("shoal-client {}: players at port {}, peers at port {}, origin {}, {}",
               std::string(Version()), (*client)->listen_port(), (*client)->peer_port(), origin,
               tracker.empty() ? "no tracker" : "tracker " + tracker);
  const Stopper stopper(io, **client);
  io.run();
  client->reset();
  spdlog::info("stopped");
  return kExitOk;
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  shoal::KeepMemorySmall();
  // A player or origin that is gone is an error of a write, not an end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  auto config = shoal::ReadClientConfig(argc, argv, std::cout, std::cerr);
  if (const int* status = std::get_if<int>(&config)) return *status;
  return shoal::Run(std::move(std::get<shoal::ClientConfig>(config)));
}
