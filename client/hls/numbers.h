// The number formats of RFC 8216, section 4.2, read without locale, exceptions or overflow.
//
// Each function takes the whole text or nothing: no sign, space or leftover is tolerated unless
// said. Threads: any.
#ifndef SHOAL_CLIENT_HLS_NUMBERS_H_
#define SHOAL_CLIENT_HLS_NUMBERS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/time/time.h"

namespace shoal::hls {

// decimal-integer: digits; 0 … 2^64-1.
std::optional<std::uint64_t> ParseDecimalInteger(absl::string_view text);

// decimal-floating-point as a time in seconds: digits with at most one point ("6", "5.005", "6.",
// ".5"), cut to microseconds. nullopt also for what exceeds Duration.
std::optional<Duration> ParseDecimalSeconds(absl::string_view text);

// signed-decimal-floating-point as a time in seconds: the same after an optional '-'.
std::optional<Duration> ParseSignedSeconds(absl::string_view text);

// hexadecimal-sequence: 0x or 0X and an even number of digits, at least two; the bytes.
std::optional<std::string> ParseHexSequence(absl::string_view text);

// decimal-resolution: WIDTHxHEIGHT.
struct Resolution {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  friend bool operator==(const Resolution&, const Resolution&) = default;
};
std::optional<Resolution> ParseResolution(absl::string_view text);

// date-time-msec (RFC 8216, section 4.3.2.6) as the time since 1970-01-01T00:00:00Z:
// YYYY-MM-DDThh:mm:ss[.fraction][Z|±hh[:]mm]; without a zone it counts as UTC.
std::optional<Duration> ParseDateTime(absl::string_view text);

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_NUMBERS_H_
