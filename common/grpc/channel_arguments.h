// What all channels of this project set alike. Threads: any.
#ifndef SHOAL_COMMON_GRPC_CHANNEL_ARGUMENTS_H_
#define SHOAL_COMMON_GRPC_CHANNEL_ARGUMENTS_H_

#include <grpcpp/support/channel_arguments.h>

#include "common/time/time.h"

namespace shoal {

struct ReconnectBackoff {
  Duration first;
  Duration most;
};

// Arguments of a channel straight to an address, whose failures its user handles: no HTTP proxy in
// between (the other side would take the proxy's address for this client's), no retries, no service
// config from DNS, a connection of its own, no channelz. No pings to measure the bandwidth either:
// they cost more bytes than small messages do, and windows are fixed.
grpc::ChannelArguments DirectChannelArguments(const ReconnectBackoff& backoff);

}  // namespace shoal

#endif  // SHOAL_COMMON_GRPC_CHANNEL_ARGUMENTS_H_
