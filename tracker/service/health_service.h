// grpc.health.v1.Health: tells load balancers whether the services of a server serve.
//
// gRPC brings one of its own, but on threads that wait for connections beside those that serve
// announces, which cost a fifth of what the tracker can do (see CompletionLoop). A server that was
// built with this one finds it by GetHealthCheckService(), as it would find gRPC's.
//
//   HealthService& health = HealthService::AddTo(builder);
//   std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
//   health.Serve(loop);  // a quiet one
//
// Ownership: the server's; the loop must end before it.
// Threads: any, but AddTo and Serve.
#ifndef SHOAL_TRACKER_SERVICE_HEALTH_SERVICE_H_
#define SHOAL_TRACKER_SERVICE_HEALTH_SERVICE_H_

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tracker/service/completion_loop.h"

namespace shoal::service {

class HealthService final : public grpc::HealthCheckServiceInterface {
 public:
  // Has `builder` make a server with this service.
  static HealthService& AddTo(grpc::ServerBuilder& builder);

  // Answers from then on. REQUIRES: `loop` is quiet, and has a queue of this server.
  void Serve(CompletionLoop& loop);

  // Of a service by its full name, or of the server: "". Unknown until it is set.
  void SetServingStatus(const std::string& service_name, bool serving) override;
  // Of all that were set, and of the server.
  void SetServingStatus(bool serving) override;
  // The same with false, for good.
  void Shutdown() override;

 private:
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // SERVICE_UNKNOWN if it was never set.
  Status StatusOf(const std::string& service_name);

  grpc::health::v1::Health::AsyncService service_;
  absl::Mutex mu_;
  std::map<std::string, bool> serving_ ABSL_GUARDED_BY(mu_) = {{"", true}};
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_HEALTH_SERVICE_H_
