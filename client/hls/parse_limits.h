// How much a playlist may ask of this process. A playlist is foreign input of any size and shape;
// each limit bounds memory or time, and none is near what real streams use. Threads: a value.
#ifndef SHOAL_CLIENT_HLS_PARSE_LIMITS_H_
#define SHOAL_CLIENT_HLS_PARSE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "common/time/time.h"

namespace shoal::hls {

struct ParseLimits {
  // The whole text. A day of 2 s segments with long signed URIs is about 20 MiB, but a live window
  // or a film of two hours is under 1 MiB.
  std::size_t text_bytes = std::size_t{4} << 20;

  // One line without its end. Tags that carry ad markers or DRM headers run to some KiB.
  std::size_t line_bytes = std::size_t{64} << 10;

  // One URI, variables substituted. Browsers and CDNs stop at 8 KiB or before.
  std::size_t uri_bytes = std::size_t{8} << 10;

  // All that substitution of EXT-X-DEFINE variables may produce in one playlist: a line of five
  // bytes can stand for a value of many KiB.
  std::size_t substituted_bytes = std::size_t{8} << 20;

  // Listed segments; also, each by itself, partial segments, variants and renditions.
  std::size_t segments = 100'000;

  // EXT-X-DEFINE variables.
  std::size_t variables = 256;

  // EXT-X-KEY tags of different KEYFORMAT in force at once.
  std::size_t keys_in_force = 16;

  // EXTINF and EXT-X-TARGETDURATION at most. A film may be one segment.
  Duration duration = Seconds(86'400);

  // EXT-X-MEDIA-SEQUENCE, EXT-X-DISCONTINUITY-SEQUENCE and SKIPPED-SEGMENTS at most; sums of them
  // and of the number of segments do not overflow.
  std::uint64_t sequence = std::uint64_t{1} << 62;
};

// EXT-X-TARGETDURATION at least: 0 would have clients poll without pause.
inline constexpr Duration kTargetDurationMin = Seconds(1);

// Attributes in one tag at most.
inline constexpr std::size_t kAttributesMax = 128;

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_PARSE_LIMITS_H_
