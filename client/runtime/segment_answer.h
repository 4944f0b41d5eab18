// How a player's request for a segment is answered once the segment's length is known. Pure.
// Threads: any.
#ifndef SHOAL_CLIENT_RUNTIME_SEGMENT_ANSWER_H_
#define SHOAL_CLIENT_RUNTIME_SEGMENT_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/core/events.h"
#include "client/core/types.h"
#include "client/hls/url.h"
#include "client/proxy/headers.h"
#include "client/proxy/request.h"
#include "client/runtime/stream_registry.h"
#include "common/base/byte_range.h"

namespace shoal::runtime {

struct SegmentAnswer {
  int status = 200;        // 200, 206 or 416
  ByteRange body;          // of the segment; empty with 416
  proxy::Headers headers;  // without Content-Length
};

// What of a resource is held: the bytes that a request's range is honoured within.
struct HeldPart {
  std::optional<ByteRange> byte_range;          // of the resource; nullopt: all of it
  std::uint64_t length = 0;                     // of the part
  std::optional<std::uint64_t> resource_total;  // where known; without `byte_range` not looked at
  std::string etag;                             // strong, for If-Range; empty: none
};

// Status, body (within the part) and Content-Range for the request; `headers` are the rest.
SegmentAnswer AnswerFrom(const proxy::Request& request, const HeldPart& part,
                         proxy::Headers headers);

// The same of a segment. `length`: of the segment, which is a sub-range of its resource if record.byte_range is set.
SegmentAnswer AnswerFor(const proxy::Request& request, const Stream& stream,
                        const SegmentRecord& record, std::uint64_t length);

// Whether the request can be answered from a cache of segments: a GET without conditions (RFC 9110,
// 13) that would make the answer anything else than bytes.
bool IsPlainGet(const proxy::Request& request);

// The media type that a path's extension says; application/octet-stream if it says none.
absl::string_view MediaTypeOfPath(absl::string_view path);

// Who plays: players on one machine are told apart by their User-Agent. Equal within this process
// only.
core::PlayerId PlayerOf(const proxy::Request& request);

// What the player told of itself.
core::PlayerHints HintsOf(const proxy::Request& request);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_SEGMENT_ANSWER_H_
