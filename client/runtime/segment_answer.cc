#include "client/runtime/segment_answer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/proxy/byte_range_header.h"
#include "client/proxy/cmcd.h"
#include "client/proxy/cors.h"

namespace shoal::runtime {
namespace {

struct MediaType {
  absl::string_view extension;
  absl::string_view type;
};

constexpr MediaType kMediaTypes[] = {
    {".ts", "video/mp2t"},  {".m4s", "video/mp4"},  {".mp4", "video/mp4"},
    {".cmfv", "video/mp4"}, {".cmfa", "audio/mp4"}, {".m4a", "audio/mp4"},
    {".aac", "audio/aac"},  {".mp3", "audio/mpeg"}, {".vtt", "text/vtt"},
};

constexpr absl::string_view kConditions[] = {"If-Match", "If-None-Match", "If-Modified-Since",
                                             "If-Unmodified-Since"};

proxy::Headers HeadersFor(const Stream& stream, const SegmentRecord& record) {
  proxy::Headers headers;
  if (!stream.content_type.empty()) {
    headers.Set("Content-Type", stream.content_type);
  } else {
    const absl::string_view url = record.url;
    headers.Set("Content-Type", MediaTypeOfPath(url.substr(0, url.find('?'))));
  }
  if (!stream.cache_control.empty()) headers.Set("Cache-Control", stream.cache_control);
  if (!record.etag.empty()) headers.Set("ETag", record.etag);
  headers.Set("Accept-Ranges", "bytes");
  proxy::SetCorsHeaders(&headers);
  return headers;
}

// "bytes 100-199/1000", with '*' for a total that nobody has told us.
std::string ContentRangeOf(const ByteRange& range, std::optional<std::uint64_t> total) {
  if (total) return proxy::ContentRange(range, *total);
  return absl::StrCat("bytes ", range.begin, "-", range.end - 1, "/*");
}

}  // namespace

SegmentAnswer AnswerFrom(const proxy::Request& request, const HeldPart& part,
                         proxy::Headers headers) {
  SegmentAnswer answer{.body = {0, part.length}, .headers = std::move(headers)};
  const std::optional<proxy::RangeSpec> asked = proxy::RequestedRange(request, part.etag);
  // Nothing has no ranges: the whole of it is the answer.
  if (!asked || part.length == 0) return answer;

  // In the resource's own count the part is [begin, begin + length).
  const std::uint64_t begin = part.byte_range ? part.byte_range->begin : 0;
  const std::optional<std::uint64_t> total =
      part.byte_range ? part.resource_total : std::optional<std::uint64_t>(part.length);
  const std::optional<ByteRange> wanted = asked->Resolve(begin + part.length);
  const ByteRange range =
      wanted ? wanted->Intersect({begin, begin + part.length}) : ByteRange{begin, begin};
  if (range.empty()) {
    answer.status = 416;
    answer.body = {0, 0};
    answer.headers.Set("Content-Range",
                       proxy::ContentRangeUnsatisfiable(total.value_or(part.length)));
    return answer;
  }
  answer.status = 206;
  answer.body = {range.begin - begin, range.end - begin};
  answer.headers.Set("Content-Range", ContentRangeOf(range, total));
  return answer;
}

SegmentAnswer AnswerFor(const proxy::Request& request, const Stream& stream,
                        const SegmentRecord& record, std::uint64_t length) {
  return AnswerFrom(request,
                    {.byte_range = record.byte_range,
                     .length = length,
                     .resource_total = record.resource_total,
                     .etag = record.etag},
                    HeadersFor(stream, record));
}

bool IsPlainGet(const proxy::Request& request) {
  if (request.method() != proxy::Method::kGet) return false;
  return std::none_of(
      std::begin(kConditions), std::end(kConditions),
      [&request](absl::string_view name) { return request.FindHeader(name).has_value(); });
}

absl::string_view MediaTypeOfPath(absl::string_view path) {
  for (const MediaType& entry : kMediaTypes) {
    if (absl::EndsWithIgnoreCase(path, entry.extension)) return entry.type;
  }
  return "application/octet-stream";
}

core::PlayerId PlayerOf(const proxy::Request& request) {
  return absl::HashOf(request.remote_address(), request.FindHeader("User-Agent").value_or(""));
}

core::PlayerHints HintsOf(const proxy::Request& request) {
  const proxy::Cmcd cmcd = proxy::CmcdOf(request);
  return {.buffer_length = cmcd.buffer_length,
          .deadline = cmcd.deadline,
          .playback_rate = cmcd.playback_rate};
}

}  // namespace shoal::runtime
