// gRPC settings that both directions of links share. They keep the memory of a link small and
// fixed: gRPC would otherwise let a fast peer grow its windows to megabytes.
//
// No keepalive pings: on an open link both sides are heard from every second anyhow, or it is
// closed. Threads: any.
#ifndef SHOAL_CLIENT_PEER_CHANNEL_OPTIONS_H_
#define SHOAL_CLIENT_PEER_CHANNEL_OPTIONS_H_

#include <grpc/grpc.h>

#include <utility>
#include <vector>

#include "client/peer/link_limits.h"

namespace shoal::peer {

// Bytes that a peer may have under way on one link: enough for 40 Mbit/s at a round trip of 50 ms.
inline constexpr int kStreamWindowBytes = 256 * 1024;

inline std::vector<std::pair<const char*, int>> CommonChannelOptions() {
  return {
      // A little more than allowed, so that a message just too long is seen and named as such.
      {GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, static_cast<int>(kMessageBytesMax) + 1024},
      {GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamWindowBytes},
      {GRPC_ARG_HTTP2_BDP_PROBE, 0},
      // A Data message fits one frame.
      {GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 32 * 1024},
      {GRPC_ARG_MAX_METADATA_SIZE, 4 * 1024},
      {GRPC_ARG_ENABLE_CHANNELZ, 0},
  };
}

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_CHANNEL_OPTIONS_H_
