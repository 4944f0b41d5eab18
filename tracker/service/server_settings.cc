#include "tracker/service/server_settings.h"

namespace shoal::service {
namespace {

// A client has one call in flight, seldom two.
constexpr int kStreamsPerConnectionMax = 32;
// A call that lasts, such as a health check that waits for changes, is asked so often whether it is
// still there; what answers is not idle.
constexpr int kKeepaliveMs = 40'000;
static_assert(kKeepaliveMs < kConnectionIdleMaxMs);
// Who connects and says nothing is closed after this.
constexpr int kHandshakeMaxMs = 10'000;

}  // namespace

void SetUp(grpc::ServerBuilder& builder, int request_size_max) {
  builder.SetMaxReceiveMessageSize(request_size_max);
  // Without this a second tracker on the same port would start and take half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnectionMax);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // as many as it takes
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMaxMs);
  // Pings that measure the bandwidth would cost more than the small messages here.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Reflection and channelz are served synchronously: by as few threads as possible. Beside a
  // completion queue they do not wait for connections, see CompletionLoop.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
}

void HaveIdleClosed(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kConnectionIdleMaxMs);
}

}  // namespace shoal::service
