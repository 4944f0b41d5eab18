// scheduling_tracker: a tracker of the kind that Shoal does without, to measure it against. Clients
// report every piece; it tells each which pieces to fetch and from whom (schedule.proto).
//
// It is served by the tracker's own parts: the same accept loop, completion queue, settings
// of gRPC and allocator. One thread answers, so the table needs no lock.
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/atomic_file.h"
#include "common/cli/program_options.h"
#include "common/grpc/ip_address.h"
#include "common/time/system_clock.h"
#include "tests/bench/scheduling_tracker/report_handler.h"
#include "tests/bench/scheduling_tracker/schedule.grpc.pb.h"
#include "tracker/service/accept_loop.h"
#include "tracker/service/completion_loop.h"
#include "tracker/service/server_settings.h"

namespace shoal::bench {
namespace {

using service::AcceptLoop;
using service::CompletionLoop;

constexpr std::size_t kConnectionsMax = 100'000;

struct Options {
  std::string listen = "127.0.0.1:0";
  std::string ports_file;
  Duration report_interval = Milliseconds(500);
};

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// What the tracker's own program does before it serves.
void PrepareAsTheTracker() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Fail(const absl::Status& status) {
  std::cerr << "scheduling_tracker: " << status.message() << "\n";
  return kExitFailure;
}

void Serve(schedule::SchedulingTracker::AsyncService& service, ReportHandler& handler,
           CompletionLoop& loop) {
  loop.Serve<schedule::ReportRequest, schedule::ReportResponse>(
      [&service](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
        service.RequestReport(context, request, writer, queue, queue, tag);
      },
      [&handler](const auto& context, const auto& request, auto* response) {
        return handler.Report(context, request, response);
      });
  loop.Start();
}

int ServeUntilSignalled(const Options& options, const sigset_t& signals) {
  const SystemClock clock;
  service::ConnectionFigures figures;
  const absl::StatusOr<Endpoint> at = ParseEndpoint(options.listen);
  if (!at.ok()) return Fail(at.status());
  auto accept = AcceptLoop::Listen(
      *at, {.limits = {.in_all = kConnectionsMax, .per_source = kConnectionsMax}}, clock, figures);
  if (!accept.ok()) return Fail(accept.status());

  schedule::SchedulingTracker::AsyncService service;
  grpc::ServerBuilder builder;
  service::SetUp(builder, kReportSizeMax);
  const auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  CompletionLoop loop(builder.AddCompletionQueue());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return Fail(absl::UnavailableError("gRPC does not start"));

  ScheduleTable table(options.report_interval);
  ReportHandler handler(table, clock);
  Serve(service, handler, loop);
  (*accept)->Start([&acceptor](int listener, int socket) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = listener;
    connection.fd = socket;
    acceptor->HandleNewConnection(&connection);
  });
  absl::Status written;
  if (!options.ports_file.empty()) {
    written =
        WriteFileAtomically(options.ports_file, absl::StrCat("listen=", (*accept)->port(), "\n"));
  }
  int received = 0;
  if (written.ok()) sigwait(&signals, &received);
  (*accept)->Stop();
  server->Shutdown(std::chrono::system_clock::now());
  loop.Shutdown();
  return written.ok() ? kExitOk : Fail(written);
}

int Run(int argc, const char* const* argv) {
  const sigset_t signals = BlockSignals();
  Options settings;
  ProgramOptions options("scheduling_tracker",
                         "Tells clients that report every piece which pieces to fetch, and from "
                         "whom: what Shoal's tracker is measured against. Ends by a signal.");
  options.Add("--listen", "ADDR:PORT", settings.listen,
              "Where it listens; port 0 takes a free one.");
  options.Add("--ports-file", "FILE", settings.ports_file,
              "Write `listen=PORT` to this file once it is open.");
  options.AddDuration("--report-interval", settings.report_interval,
                      "What each client lets pass between two reports.");
  if (const std::optional<int> status = options.Parse(argc, argv)) return *status;
  PrepareAsTheTracker();
  return ServeUntilSignalled(settings, signals);
}

}  // namespace
}  // namespace shoal::bench

int main(int argc, char** argv) { return shoal::bench::Run(argc, argv); }
