// grpc::Status and absl::Status, which have the same codes but do not convert to each other.
// Threads: any.
#ifndef SHOAL_COMMON_GRPC_STATUS_CONVERSION_H_
#define SHOAL_COMMON_GRPC_STATUS_CONVERSION_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace shoal {

// Code and message are kept; the details that only gRPC has are dropped. A code that neither side
// names becomes kUnknown.
inline absl::Status ToAbslStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// Code and message are kept; payloads are dropped.
inline grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace shoal

#endif  // SHOAL_COMMON_GRPC_STATUS_CONVERSION_H_
