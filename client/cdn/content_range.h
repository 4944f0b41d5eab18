// The Content-Range field of an HTTP answer (RFC 9110, section 14.4). Threads: values.
//
//   bytes 0-499/1234   the range [0, 500) of 1234 bytes
//   bytes 0-499/*      the same of a length that the server does not know
//   bytes */1234       with 416: nothing of what was asked exists; there are 1234 bytes
#ifndef SHOAL_CLIENT_CDN_CONTENT_RANGE_H_
#define SHOAL_CLIENT_CDN_CONTENT_RANGE_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "common/base/byte_range.h"

namespace shoal::cdn {

struct ContentRange {
  std::optional<ByteRange> range;      // never empty; nullopt: `*`
  std::optional<std::uint64_t> total;  // bytes of the whole; nullopt: `*`. One of the two is there.

  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

// Why a field was not understood.
enum class ContentRangeProblem : std::uint8_t {
  kNone,
  kUnit,         // another unit than bytes
  kSyntax,       // anything else than the three forms above, white space included
  kNumber,       // does not fit, or would as a limit not fit, in 64 bits
  kBackwards,    // the last byte lies before the first
  kBeyondTotal,  // the last byte lies beyond the length given
};

// nullopt unless `value` is one of the three forms, to the letter; then `problem`, unless null,
// says what is wrong. The unit's name may be in either case.
std::optional<ContentRange> ParseContentRange(absl::string_view value,
                                              ContentRangeProblem* problem = nullptr);

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_CONTENT_RANGE_H_
