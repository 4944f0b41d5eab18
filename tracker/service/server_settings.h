// gRPC's settings for a server of small calls from many clients that seldom call.
//
// Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_SERVER_SETTINGS_H_
#define SHOAL_TRACKER_SERVICE_SERVER_SETTINGS_H_

#include <grpcpp/server_builder.h>

namespace shoal::service {

// Limits of a connection and of a request (`request_size_max`, in bytes), how long idle connections
// stay, and as few of gRPC's own threads as there can be.
void SetUp(grpc::ServerBuilder& builder, int request_size_max);

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_SERVER_SETTINGS_H_
