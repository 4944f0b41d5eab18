#include "common/grpc/channel_arguments.h"

#include <grpc/grpc.h>

namespace shoal {
namespace {

int InMilliseconds(Duration duration) { return static_cast<int>(duration.count() / 1000); }

}  // namespace

grpc::ChannelArguments DirectChannelArguments(const ReconnectBackoff& backoff) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, InMilliseconds(backoff.first));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, InMilliseconds(backoff.most));
  return arguments;
}

}  // namespace shoal
