// A media playlist: the segment list (RFC 8216, section 4.3.3; low-latency tags after RFC 8216bis,
// section 4.4).
//
// URIs are as written, with EXT-X-DEFINE variables substituted and not resolved: use ResolveUrl
// with the URL that the playlist was finally loaded from. What decides which bytes are played when
// is read strictly; what only informs a player (dates, start offsets, server control) is left empty
// when it makes no sense, for a playlist that players can play must not be refused here.
// Threads: values.
#ifndef SHOAL_CLIENT_HLS_MEDIA_PLAYLIST_H_
#define SHOAL_CLIENT_HLS_MEDIA_PLAYLIST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/hls/encryption_key.h"
#include "client/hls/low_latency.h"
#include "client/hls/parse_limits.h"
#include "client/hls/variables.h"
#include "common/base/byte_range.h"
#include "common/time/time.h"

namespace shoal::hls {

// EXT-X-MAP: what a decoder must have before the segments that refer to it.
struct InitSection {
  std::string uri;
  std::optional<ByteRange> byte_range;  // nullopt: the whole resource
  std::optional<std::size_t> key_set;   // index into MediaPlaylist::key_sets; nullopt: clear
};

struct Segment {
  std::uint64_t sequence = 0;  // media sequence number
  std::string uri;
  Duration duration{};                        // EXTINF
  std::optional<ByteRange> byte_range;        // offset made explicit; nullopt: the whole resource
  std::optional<std::size_t> init_section;    // index into MediaPlaylist::init_sections
  std::optional<std::size_t> key_set;         // index into MediaPlaylist::key_sets; nullopt: clear
  std::optional<Duration> program_date_time;  // since 1970 UTC; only where the tag is written
  bool discontinuity = false;                 // EXT-X-DISCONTINUITY stands before it
  bool gap = false;                           // EXT-X-GAP: listed, but there is nothing to load
};

// EXT-X-START: where a player is advised to begin.
struct StartPoint {
  Duration time_offset{};  // from the beginning, or, when negative, from the end
  bool precise = false;
};

struct MediaPlaylist {
  enum class Type { kNone, kEvent, kVod };

  std::uint64_t version = 1;
  Duration target_duration{};        // at least kTargetDurationMin
  std::uint64_t media_sequence = 0;  // EXT-X-MEDIA-SEQUENCE
  std::uint64_t discontinuity_sequence = 0;
  Type type = Type::kNone;
  bool ended = false;  // EXT-X-ENDLIST
  bool independent_segments = false;
  bool i_frames_only = false;
  std::optional<StartPoint> start;

  // In order; segments[i].sequence == media_sequence + skipped_segments + i.
  std::vector<Segment> segments;
  std::vector<InitSection> init_sections;
  std::vector<EncryptionKey> keys;
  // Keys that apply together (one for each KEYFORMAT), as indices into `keys`.
  std::vector<std::vector<std::size_t>> key_sets;

  // Low latency. With skipped_segments > 0 this is a delta update: that many segments from
  // media_sequence on are not repeated, so it cannot be read without an earlier, whole playlist.
  // A client gets whole playlists by polling without _HLS_skip.
  std::uint64_t skipped_segments = 0;
  std::optional<Duration> part_target;  // EXT-X-PART-INF
  std::optional<ServerControl> server_control;
  std::vector<PartialSegment> parts;
  std::vector<PreloadHint> preload_hints;

  VariableMap variables;

  bool IsDeltaUpdate() const { return skipped_segments > 0; }
  bool IsLowLatency() const { return part_target.has_value() || !parts.empty(); }

  // Of `text`, which IsPlaylist and has passed CheckPlaylistText.
  static absl::StatusOr<MediaPlaylist> Parse(absl::string_view text, const ParseLimits& limits,
                                             const VariableSources& sources);
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_MEDIA_PLAYLIST_H_
