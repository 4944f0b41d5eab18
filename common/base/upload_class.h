// A member's upload capacity as it is announced: one byte, so that handouts stay small.
//
//   0            does not upload (cannot, or may not)
//   1 … 30       its upload is about 2^class kbit/s (class = rounded log2)
//   31           not known yet; readers take the mean of the members whose class they know
//
// Threads: values.
#ifndef SHOAL_COMMON_BASE_UPLOAD_CLASS_H_
#define SHOAL_COMMON_BASE_UPLOAD_CLASS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace shoal {

using UploadClass = std::uint8_t;

inline constexpr UploadClass kUploadNone = 0;
inline constexpr UploadClass kUploadClassMax = 30;
inline constexpr UploadClass kUploadUnknown = 31;

// The class of `bytes_per_second` of upload; kUploadNone below 1 kbit/s.
inline UploadClass UploadClassOf(double bytes_per_second) {
  const double kbit = bytes_per_second * 8 / 1000;
  if (!(kbit >= 1)) return kUploadNone;
  return static_cast<UploadClass>(
      std::clamp(std::lround(std::log2(kbit)), 1L, static_cast<long>(kUploadClassMax)));
}

// The bytes per second that a known class stands for. REQUIRES: upload_class != kUploadUnknown.
inline double UploadBytesPerSecond(UploadClass upload_class) {
  const auto kbit = static_cast<double>(std::uint64_t{1} << upload_class);
  return upload_class == kUploadNone ? 0 : kbit * 1000 / 8;
}

// Whatever came from the network, as a class: out of range counts as not known.
inline UploadClass UploadClassFromWire(std::uint32_t value) {
  return value <= kUploadClassMax ? static_cast<UploadClass>(value) : kUploadUnknown;
}

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_UPLOAD_CLASS_H_
