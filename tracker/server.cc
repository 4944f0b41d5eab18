#include "tracker/server.h"

#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/atomic_file.h"
#include "tracker/service/announce_request.h"
#include "tracker/service/server_settings.h"

namespace shoal {
namespace {

using service::CompletionLoop;

// How long health checks see NOT_SERVING before connections close, and calls may finish after.
constexpr absl::Duration kDrainTime = absl::Milliseconds(200);
constexpr std::chrono::seconds kStopTimeout(2);

// How often some of the expired are removed.
constexpr absl::Duration kHousekeepingInterval = absl::Milliseconds(250);

// Requests of operators and of health checks are small, too, but not those of reflection's clients.
constexpr int kOperatorRequestSizeMax = 64 * 1024;
// Descriptors that are not for clients: the store's files, dials, operators.
constexpr std::size_t kOwnDescriptors = 512;

// Whether members are stored, among the services whose health is told.
constexpr char kStoreHealthName[] = "shoal.v1.Tracker.store";

// Takes services that plugins add off one server; gRPC knows plugins for all servers only.
class WithoutChannelz : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins,
                  [](const auto& plugin) { return plugin->name() == "channelz_service"; });
  }
};

// Once in a process, and before the first ServerBuilder.
void EnableServicesOfGrpc() {
  [[maybe_unused]] static const bool enabled = [] {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::channelz::experimental::InitChannelzService();
    return true;
  }();
}

absl::Status CannotListen(absl::string_view option, absl::string_view address) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, " (", option,
                                             "): in use, or not an address of this machine"));
}

// As many connections as there can be beside the tracker's own files.
std::size_t RoomForConnections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOwnDescriptors;
  const auto all = static_cast<std::size_t>(limit.rlim_cur);
  return std::max(all / 2, all - std::min(all, kOwnDescriptors));
}

void SetHealth(grpc::Server* server, const std::string& service, bool serving) {
  if (server == nullptr) return;
  grpc::HealthCheckServiceInterface* health = server->GetHealthCheckService();
  health->SetServingStatus(service, serving);
  health->SetServingStatus(serving);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrackerServer>> TrackerServer::Start(
    const TrackerConfig& config, TrackerDependencies dependencies) {
  EnableServicesOfGrpc();
  std::vector<AddressBlock> trusted_proxies;
  for (const std::string& text : config.trusted_proxies) {
    absl::StatusOr<AddressBlock> block = AddressBlock::Parse(text);
    if (!block.ok()) return block.status();
    trusted_proxies.push_back(*std::move(block));
  }
  std::unique_ptr<TrackerServer> server(
      new TrackerServer(config, std::move(dependencies), trusted_proxies));
  if (absl::Status status = server->zones_.Reload(); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat("--zones: ", status.message()));
  }
  for (const auto step : {&TrackerServer::OpenListenPort, &TrackerServer::OpenOperatorPort,
                          &TrackerServer::OpenMetricsPort,
                          // Before the first announce, so that none goes unnoticed.
                          &TrackerServer::StartPersistence}) {
    if (absl::Status status = (server.get()->*step)(); !status.ok()) return status;
  }
  server->ServeAnnounces();
  server->ServeOperator();
  server->housekeeper_ = std::thread([raw = server.get()] { raw->KeepHouse(); });
  if (absl::Status status = server->WritePortsFile(); !status.ok()) return status;
  return server;
}

TrackerServer::TrackerServer(const TrackerConfig& config, TrackerDependencies dependencies,
                             const std::vector<AddressBlock>& trusted_proxies)
    : config_(config),
      dependencies_(std::move(dependencies)),
      table_(config.membership, dependencies_.seed, dependencies_.clock),
      trusted_proxies_(trusted_proxies),
      caller_address_(trusted_proxies),
      zones_(config.zones),
      dial_back_(MakeDialBack()),
      announce_handler_(table_, caller_address_, zones_, dial_back_.get(), figures_),
      operator_handler_(table_, figures_, dependencies_.clock) {}

std::unique_ptr<service::DialBack> TrackerServer::MakeDialBack() {
  if (config_.dial_rate <= 0) return nullptr;
  return std::make_unique<service::DialBack>(
      service::DialLimits{.per_second = config_.dial_rate}, dependencies_.clock, figures_.dials,
      [this](const service::DialTarget& target, bool can_be_dialled) {
        table_.NoteDialled(target, can_be_dialled);
      });
}

absl::Status TrackerServer::Listen() {
  service::AcceptLoop::Options options{.limits = config_.connections, .exempt = trusted_proxies_};
  if (options.limits.in_all == 0) options.limits.in_all = RoomForConnections();
  const absl::StatusOr<Endpoint> at = ParseEndpoint(config_.listen);
  if (!at.ok()) return at.status();
  auto loop =
      service::AcceptLoop::Listen(*at, std::move(options), accept_clock_, figures_.connections);
  if (!loop.ok()) return CannotListen("--listen", config_.listen);
  accept_loop_ = *std::move(loop);
  listen_port_ = accept_loop_->port();
  return absl::OkStatus();
}

absl::Status TrackerServer::OpenListenPort() {
  if (absl::Status status = Listen(); !status.ok()) return status;
  grpc::ServerBuilder builder;
  service::SetUp(builder, service::kAnnounceRequestSizeMax);
  connection_acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  builder.SetOption(std::make_unique<WithoutChannelz>());
  builder.RegisterService(&tracker_service_);
  tracker_health_ = &service::HealthService::AddTo(builder);
  for (std::size_t i = 0; i < config_.threads; ++i) {
    announce_loops_.push_back(std::make_unique<CompletionLoop>(builder.AddCompletionQueue()));
  }
  health_loop_ =
      std::make_unique<CompletionLoop>(builder.AddCompletionQueue(), CompletionLoop::Pace::kQuiet);
  tracker_server_ = builder.BuildAndStart();
  if (tracker_server_ == nullptr) return CannotListen("--listen", config_.listen);
  return absl::OkStatus();
}

absl::Status TrackerServer::OpenOperatorPort() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(config_.operator_listen, grpc::InsecureServerCredentials(),
                           &operator_port_);
  service::SetUp(builder, kOperatorRequestSizeMax);
  service::HaveIdleClosed(builder);
  builder.RegisterService(&operator_service_);
  operator_health_ = &service::HealthService::AddTo(builder);
  operator_loop_ =
      std::make_unique<CompletionLoop>(builder.AddCompletionQueue(), CompletionLoop::Pace::kQuiet);
  operator_server_ = builder.BuildAndStart();
  if (operator_server_ == nullptr || operator_port_ == 0) {
    return CannotListen("--operator-listen", config_.operator_listen);
  }
  return absl::OkStatus();
}

absl::Status TrackerServer::OpenMetricsPort() {
  if (config_.metrics_listen.empty()) return absl::OkStatus();
  metrics_collector_ = std::make_shared<service::MetricsCollector>(table_, figures_);
  try {  // prometheus-cpp reports by exceptions; they end here.
    metrics_exposer_ = std::make_unique<prometheus::Exposer>(config_.metrics_listen, 1);
    metrics_exposer_->RegisterCollectable(metrics_collector_);
    metrics_port_ = metrics_exposer_->GetListeningPorts().at(0);
  } catch (const std::exception&) {
    return CannotListen("--metrics-listen", config_.metrics_listen);
  }
  return absl::OkStatus();
}

absl::Status TrackerServer::StartPersistence() {
  const absl::StatusOr<store::MembershipStore*> store = dependencies_.open_store();
  if (!store.ok()) return store.status();
  if (!(*store)->outlives_process()) return absl::OkStatus();
  persistence_.emplace(table_, **store, figures_.store, dependencies_.clock, dependencies_.unix_ms);
  persistence_->Start([this](bool healthy) {
    for (const auto* server : {&tracker_server_, &operator_server_}) {
      (*server)->GetHealthCheckService()->SetServingStatus(kStoreHealthName, healthy);
    }
  });
  return absl::OkStatus();
}

void TrackerServer::ServeAnnounces() {
  for (const auto& loop : announce_loops_) {
    loop->Serve<v1::AnnounceRequest, v1::AnnounceResponse>(
        [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
          tracker_service_.RequestAnnounce(context, request, writer, queue, queue, tag);
        },
        [this](const auto& context, const auto& request, auto* response) {
          return announce_handler_.Announce(context, request, response);
        });
    loop->Start();
  }
  tracker_health_->Serve(*health_loop_);
  health_loop_->Start();
  accept_loop_->Start([this](int listener, int socket) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = listener;
    connection.fd = socket;
    connection_acceptor_->HandleNewConnection(&connection);
  });
  SetHealth(tracker_server_.get(), v1::Tracker::service_full_name(), true);
}

void TrackerServer::ServeOperator() {
  // Of a method: its Request… in the generated service (each in a base of its own, hence its own
  // type), and what answers it.
  const auto serve = [this]<class Accept, class Request, class Response>(
                         Accept accept, grpc::Status (service::OperatorHandler::*answer)(
                                            const Request&, Response*)) {
    operator_loop_->Serve<Request, Response>(
        [this, accept](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
          (operator_service_.*accept)(context, request, writer, queue, queue, tag);
        },
        [this, answer](const auto&, const auto& request, auto* response) {
          return (operator_handler_.*answer)(request, response);
        });
  };
  using Service = v1::Operator::AsyncService;
  using Handler = service::OperatorHandler;
  serve(&Service::RequestListSwarms, &Handler::ListSwarms);
  serve(&Service::RequestDescribeSwarm, &Handler::DescribeSwarm);
  serve(&Service::RequestListMembers, &Handler::ListMembers);
  serve(&Service::RequestGetFigures, &Handler::GetFigures);
  operator_health_->Serve(*operator_loop_);
  operator_loop_->Start();
  SetHealth(operator_server_.get(), v1::Operator::service_full_name(), true);
}

absl::Status TrackerServer::WritePortsFile() const {
  if (config_.ports_file.empty()) return absl::OkStatus();
  std::string text = absl::StrCat("listen=", listen_port_, "\noperator=", operator_port_, "\n");
  if (metrics_port_ != 0) absl::StrAppend(&text, "metrics=", metrics_port_, "\n");
  return WriteFileAtomically(config_.ports_file, text);
}

void TrackerServer::ReloadZones() {
  if (zones_.path().empty()) return;
  const absl::Status status = zones_.Reload();
  if (status.ok()) {
    spdlog::info("zones read anew from {}", zones_.path());
  } else {
    spdlog::error("the zones stay as they were: {}", std::string(status.message()));
  }
}

void TrackerServer::KeepHouse() {
  TimePoint last = dependencies_.clock.Now();
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      mu_.AwaitWithTimeout(absl::Condition(&stopping_), kHousekeepingInterval);
      if (stopping_) return;
    }
    const TimePoint now = dependencies_.clock.Now();
    table_.KeepHouse(now - std::exchange(last, now));
  }
}

void TrackerServer::StopHousekeeper() {
  if (!housekeeper_.joinable()) return;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  housekeeper_.join();
}

void TrackerServer::Stop() {
  SetHealth(tracker_server_.get(), v1::Tracker::service_full_name(), false);
  SetHealth(operator_server_.get(), v1::Operator::service_full_name(), false);
  // The exposer takes a second or more to end: meanwhile, not thereafter.
  std::thread metrics_end([this] { metrics_exposer_.reset(); });
  if (housekeeper_.joinable()) absl::SleepFor(kDrainTime);
  if (accept_loop_ != nullptr) accept_loop_->Stop();
  // One deadline for both: whoever watches the health of one must not make both wait in turn.
  const auto deadline = std::chrono::system_clock::now() + kStopTimeout;
  if (tracker_server_ != nullptr) tracker_server_->Shutdown(deadline);
  if (operator_server_ != nullptr) operator_server_->Shutdown(deadline);
  for (const auto& loop : announce_loops_) loop->Shutdown();
  for (const auto& loop : {&health_loop_, &operator_loop_}) {
    if (*loop != nullptr) (*loop)->Shutdown();
  }
  persistence_.reset();  // it tells the servers of its health
  tracker_server_.reset();
  operator_server_.reset();
  metrics_end.join();
  StopHousekeeper();
}

}  // namespace shoal
