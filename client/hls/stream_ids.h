// The names under which clients agree on what they watch. Part of the protocol: clients that
// compute them differently do not work together. Threads: any.
#ifndef SHOAL_CLIENT_HLS_STREAM_IDS_H_
#define SHOAL_CLIENT_HLS_STREAM_IDS_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "client/hls/path_filter.h"
#include "common/base/byte_range.h"
#include "common/base/ids.h"

namespace shoal::hls {

struct SwarmName {
  std::uint32_t protocol_major = 0;
  std::uint32_t piece_size = 0;
  // --namespace; by default the origin's authority (Url::Authority()). REQUIRES: no NUL byte.
  absl::string_view name_space;
  // Url::path() of the media playlist as it was asked for, before redirects, without query.
  absl::string_view playlist_path;
};

// The swarm of one rendition: the first 16 bytes of SHA-256 over
//
//   bytes  what
//   4      protocol_major, little-endian
//   4      piece_size, little-endian
//   n      name_space
//   1      0x00
//   m      playlist_path, after `filter`
SwarmId MakeSwarmId(const SwarmName& name, const PathFilter& filter = {});

// A segment within its swarm: the first 8 bytes of SHA-256 over
//
//   bytes  what
//   n      path, after `filter`: Url::path() of the segment, without query
//   1      0x00
//   and, only if the segment is a sub-range (EXT-X-BYTERANGE):
//   8      offset of its first byte, little-endian
//   8      its length, little-endian
SegmentKey MakeSegmentKey(absl::string_view path, const std::optional<ByteRange>& byte_range,
                          const PathFilter& filter = {});

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_STREAM_IDS_H_
