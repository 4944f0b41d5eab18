// The running tracker: its ports, threads and services, and the order in which they start and stop.
//
//   port       services
//   listen     shoal.v1.Tracker, grpc.health.v1.Health, server reflection
//   operator   shoal.v1.Operator, grpc.health.v1.Health, server reflection, grpc.channelz.v1
//   metrics    HTTP: /metrics
//
// Both gRPC ports also tell the health of `shoal.v1.Tracker.store` while there is a store that
// outlives the process: whether members are stored. The tracker serves in either case.
//
// Channelz is left off the port for clients because it names the addresses of them all.
//
// Ownership: owns everything it starts; borrows the dependencies.
// Threads:   Start, Stop and the destructor by one thread; the rest any.
#ifndef SHOAL_TRACKER_SERVER_H_
#define SHOAL_TRACKER_SERVER_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <prometheus/exposer.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/time/system_clock.h"
#include "common/time/time.h"
#include "shoal/v1/operator.grpc.pb.h"
#include "shoal/v1/tracker.grpc.pb.h"
#include "tracker/config.h"
#include "tracker/service/accept_loop.h"
#include "tracker/service/announce_handler.h"
#include "tracker/service/caller_address.h"
#include "tracker/service/completion_loop.h"
#include "tracker/service/dial_back.h"
#include "tracker/service/health_service.h"
#include "tracker/service/membership_table.h"
#include "tracker/service/metrics_collector.h"
#include "tracker/service/operator_handler.h"
#include "tracker/service/persistence.h"
#include "tracker/service/service_figures.h"
#include "tracker/service/zone_source.h"
#include "tracker/store/membership_store.h"

namespace shoal {

// Where the server gets what is not a setting. Clock and store must outlive it.
struct TrackerDependencies {
  const Clock& clock;
  std::function<std::int64_t()> unix_ms;  // the wall clock
  // Opens the store. Called once, when the ports are open: not at all if one of them is taken.
  std::function<absl::StatusOr<store::MembershipStore*>()> open_store;
  std::uint64_t seed = 0;  // of the jitter of the announce intervals
};

class TrackerServer {
 public:
  // Opens all ports, then the store, serves, and begins to put back the members that the store
  // holds. Who connects meanwhile waits, rather than being refused. On an error, which names the
  // option to change, nothing is left running. REQUIRES: the addresses in `config` are well-formed,
  // as ReadTrackerConfig sees to.
  static absl::StatusOr<std::unique_ptr<TrackerServer>> Start(const TrackerConfig& config,
                                                              TrackerDependencies dependencies);

  ~TrackerServer() { Stop(); }

  // The ports that are open; 0 for metrics if they are not served.
  int listen_port() const { return listen_port_; }
  int operator_port() const { return operator_port_; }
  int metrics_port() const { return metrics_port_; }

  // Reads the file of zones anew; see ZoneSource. Logs what came of it.
  void ReloadZones();

  // Tells those who ask for its health that it serves no more, lets the calls in progress finish
  // and ends everything. Takes less than 2.5 s. The destructor does it if nobody did.
  void Stop();

 private:
  TrackerServer(const TrackerConfig& config, TrackerDependencies dependencies,
                const std::vector<AddressBlock>& trusted_proxies);

  std::unique_ptr<service::DialBack> MakeDialBack();
  absl::Status OpenListenPort();
  absl::Status Listen();
  absl::Status OpenOperatorPort();
  absl::Status OpenMetricsPort();
  void ServeAnnounces();
  void ServeOperator();
  absl::Status WritePortsFile() const;
  absl::Status StartPersistence();
  void KeepHouse();
  void StopHousekeeper();

  const TrackerConfig config_;
  const TrackerDependencies dependencies_;

  service::ServiceFigures figures_;
  service::MembershipTable table_;
  std::optional<service::Persistence> persistence_;  // if the store outlives the process
  const std::vector<AddressBlock> trusted_proxies_;
  const service::CallerAddress caller_address_;
  service::ZoneSource zones_;
  std::unique_ptr<service::DialBack> dial_back_;  // tells the table; nullptr: nobody is dialled
  service::AnnounceHandler announce_handler_;
  service::OperatorHandler operator_handler_;

  v1::Tracker::AsyncService tracker_service_;
  v1::Operator::AsyncService operator_service_;
  std::vector<std::unique_ptr<service::CompletionLoop>> announce_loops_;
  std::unique_ptr<service::CompletionLoop> health_loop_;  // of tracker_health_
  std::unique_ptr<service::CompletionLoop> operator_loop_;
  service::HealthService* tracker_health_ = nullptr;  // the servers own them
  service::HealthService* operator_health_ = nullptr;
  const SystemClock accept_clock_;
  std::unique_ptr<service::AcceptLoop> accept_loop_;  // of tracker_server_'s connections
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connection_acceptor_;
  std::unique_ptr<grpc::Server> tracker_server_;
  std::unique_ptr<grpc::Server> operator_server_;
  std::shared_ptr<service::MetricsCollector> metrics_collector_;
  std::unique_ptr<prometheus::Exposer> metrics_exposer_;
  int listen_port_ = 0;
  int operator_port_ = 0;
  int metrics_port_ = 0;

  std::thread housekeeper_;
  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace shoal

#endif  // SHOAL_TRACKER_SERVER_H_
