// gRPC's settings for a server of small calls from many clients that seldom call.
//
// Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_SERVER_SETTINGS_H_
#define SHOAL_TRACKER_SERVICE_SERVER_SETTINGS_H_

#include <grpcpp/server_builder.h>

namespace shoal::service {

// An idle connection costs the tracker 16 KB, setting up a new one 0.2 ms of CPU: clients that call
// more often than this keep theirs.
inline constexpr int kConnectionIdleMaxMs = 60'000;

// Limits of a connection and of a request (`request_size_max`, in bytes), and as few of gRPC's own
// threads as there can be.
void SetUp(grpc::ServerBuilder& builder, int request_size_max);

// Has gRPC close connections that are idle for kConnectionIdleMaxMs. It puts a filter into the way of
// every call, which costs an announce a twelfth of its instructions: where those are served, the
// AcceptLoop does it.
void HaveIdleClosed(grpc::ServerBuilder& builder);

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_SERVER_SETTINGS_H_
