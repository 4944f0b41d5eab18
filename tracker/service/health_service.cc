#include "tracker/service/health_service.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>

#include <utility>

namespace shoal::service {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthService& HealthService::AddTo(grpc::ServerBuilder& builder) {
  auto health = std::make_unique<HealthService>();
  HealthService& service = *health;
  builder.RegisterService(&service.service_);
  builder.SetOption(
      std::make_unique<grpc::HealthCheckServiceServerBuilderOption>(std::move(health)));
  return service;
}

void HealthService::Serve(CompletionLoop& loop) {
  loop.Serve<HealthCheckRequest, HealthCheckResponse>(
      [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
        service_.RequestCheck(context, request, writer, queue, queue, tag);
      },
      [this](const auto&, const auto& request, auto* response) -> grpc::Status {
        const Status status = StatusOf(request.service());
        if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
          return {grpc::StatusCode::NOT_FOUND, "service name unknown"};
        }
        response->set_status(status);
        return grpc::Status::OK;
      });
  loop.ServeWatch<HealthCheckRequest, HealthCheckResponse>(
      [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
        service_.RequestWatch(context, request, writer, queue, queue, tag);
      },
      [this](const auto& request) {
        HealthCheckResponse response;
        response.set_status(StatusOf(request.service()));
        return response;
      });
}

HealthService::Status HealthService::StatusOf(const std::string& service_name) {
  absl::MutexLock lock(&mu_);
  const auto found = serving_.find(service_name);
  if (found == serving_.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
  return found->second ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

void HealthService::SetServingStatus(const std::string& service_name, bool serving) {
  absl::MutexLock lock(&mu_);
  serving_[service_name] = serving && !shut_down_;
}

void HealthService::SetServingStatus(bool serving) {
  absl::MutexLock lock(&mu_);
  for (auto& [name, is_serving] : serving_) is_serving = serving && !shut_down_;
}

void HealthService::Shutdown() {
  absl::MutexLock lock(&mu_);
  shut_down_ = true;
  for (auto& [name, is_serving] : serving_) is_serving = false;
}

}  // namespace shoal::service
