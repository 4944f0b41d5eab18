// The tags of low-latency HLS (RFC 8216bis, section 4.4). Threads: values.
#ifndef SHOAL_CLIENT_HLS_LOW_LATENCY_H_
#define SHOAL_CLIENT_HLS_LOW_LATENCY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/hls/attribute_list.h"
#include "common/base/byte_range.h"
#include "common/time/time.h"

namespace shoal::hls {

// EXT-X-PART: a part of a segment, published before the segment is whole.
struct PartialSegment {
  std::uint64_t parent_sequence = 0;  // of the segment it belongs to, which may not be listed yet
  std::string uri;
  Duration duration{};
  std::optional<ByteRange> byte_range;
  bool independent = false;
  bool gap = false;

  // `previous`: the part before it, which a byte range without offset continues; may be null.
  // parent_sequence is left to the caller.
  static absl::StatusOr<PartialSegment> Parse(const AttributeList& attributes, VariableScope& scope,
                                              const PartialSegment* previous);
};

// EXT-X-PRELOAD-HINT: what will be published next; asking for it blocks until it is there.
struct PreloadHint {
  bool is_map = false;  // TYPE=MAP rather than PART
  std::string uri;
  std::uint64_t byte_range_begin = 0;
  std::optional<std::uint64_t> byte_range_length;  // nullopt: to the end

  static absl::StatusOr<PreloadHint> Parse(const AttributeList& attributes, VariableScope& scope);
};

// EXT-X-SERVER-CONTROL: what the server offers a low-latency client. What cannot be read is absent.
struct ServerControl {
  bool can_block_reload = false;
  std::optional<Duration> can_skip_until;
  std::optional<Duration> hold_back;
  std::optional<Duration> part_hold_back;

  static ServerControl Parse(const AttributeList& attributes);
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_LOW_LATENCY_H_
