// Quantities with units, as people write them in options and configuration files.
//
// A quantity is a decimal number, optionally with a fraction, directly followed by its unit:
// "8Mbit", "1.5s". Units are matched without regard to case. Negative numbers, exponents, unknown
// units and what does not fit are refused with a message that names the text and the units known.
//
// Threads: any.
#ifndef SHOAL_COMMON_BASE_QUANTITY_H_
#define SHOAL_COMMON_BASE_QUANTITY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/time/time.h"

namespace shoal {

// "8Mbit", "500kbit/s", "0": bits per second (decimal thousands) -> bytes per second, rounded down.
// Units: bit, kbit, Mbit, Gbit, each with or without "/s". Only 0 may stand without a unit.
absl::StatusOr<std::uint64_t> ParseBitRate(absl::string_view text);

// "20MiB", "64kB", "1000000": bytes. Units: B, kB, MB, GB (thousands), KiB, MiB, GiB (1024); a bare
// number is bytes.
absl::StatusOr<std::uint64_t> ParseByteSize(absl::string_view text);

// "500ms", "2s", "1.5min", "1h". Units: us, ms, s, min, h. Only 0 may stand without a unit.
absl::StatusOr<Duration> ParseDuration(absl::string_view text);

// The shortest of the forms above that reads back as the same value: "8Mbit", "20MiB", "500ms".
std::string FormatBitRate(std::uint64_t bytes_per_second);
std::string FormatByteSize(std::uint64_t bytes);
std::string FormatDuration(Duration duration);

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_QUANTITY_H_
