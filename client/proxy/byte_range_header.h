// The Range header (RFC 9110, 14.2), for one range.
//
// A header that is not understood, names another unit or asks for several ranges is treated as if
// it were not there, which the RFC allows: the whole representation is the answer. Threads: any.
#ifndef SHOAL_CLIENT_PROXY_BYTE_RANGE_HEADER_H_
#define SHOAL_CLIENT_PROXY_BYTE_RANGE_HEADER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/proxy/request.h"
#include "common/base/byte_range.h"

namespace shoal::proxy {

// "bytes=first-last", "bytes=first-" or "bytes=-suffix", before the length is known.
struct RangeSpec {
  std::optional<std::uint64_t> first;   // nullopt: the last `suffix` bytes
  std::optional<std::uint64_t> last;    // included; nullopt: to the end
  std::optional<std::uint64_t> suffix;  // set exactly if `first` is not

  // The bytes meant, of a representation of `total` bytes; nullopt: none of them exist (416). A
  // last byte behind the end means the end.
  std::optional<ByteRange> Resolve(std::uint64_t total) const;

  friend bool operator==(const RangeSpec&, const RangeSpec&) = default;
};

// nullopt: as if there were no header. Numbers beyond 2^64-1 count as 2^64-1.
std::optional<RangeSpec> ParseRangeHeader(absl::string_view value);

// How to answer a request as far as its range goes.
enum class RangeAnswer {
  kWhole,          // 200
  kPartial,        // 206, with Content-Range
  kUnsatisfiable,  // 416, with Content-Range "bytes */total"
};

struct RangeResult {
  RangeAnswer answer = RangeAnswer::kWhole;
  ByteRange range;  // kWhole: [0, total); kUnsatisfiable: empty
};

RangeResult ParseRange(absl::string_view value, std::uint64_t total);

// The range that `request` asks for; nullopt: the whole. If the request has an If-Range header, the
// range counts only if that is `validator`: the strong ETag (quotes included) or the Last-Modified
// date of what would be sent, empty if there is neither. Only GET has ranges.
std::optional<RangeSpec> RequestedRange(const Request& request, absl::string_view validator);

// "bytes 0-99/1000", and "bytes */1000" for a 416. REQUIRES: !range.empty().
std::string ContentRange(const ByteRange& range, std::uint64_t total);
std::string ContentRangeUnsatisfiable(std::uint64_t total);

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_BYTE_RANGE_HEADER_H_
