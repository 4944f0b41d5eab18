// A multivariant playlist: the list of renditions (RFC 8216, section 4.3.4).
//
// URIs are as written, with variables substituted and not resolved. What only a player chooses by
// (bandwidth, codecs) is optional here. Threads: values.
#ifndef SHOAL_CLIENT_HLS_MULTIVARIANT_PLAYLIST_H_
#define SHOAL_CLIENT_HLS_MULTIVARIANT_PLAYLIST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/hls/numbers.h"
#include "client/hls/parse_limits.h"
#include "client/hls/variables.h"

namespace shoal::hls {

// EXT-X-STREAM-INF with its URI, or EXT-X-I-FRAME-STREAM-INF.
struct Variant {
  std::string uri;
  std::optional<std::uint64_t> bandwidth;  // bits per second, peak
  std::optional<Resolution> resolution;
  bool i_frames_only = false;
};

// EXT-X-MEDIA.
struct Rendition {
  std::string type;  // AUDIO, VIDEO, SUBTITLES, CLOSED-CAPTIONS
  std::string group_id;
  std::string name;
  std::optional<std::string> uri;  // nullopt: the media is in the variants themselves
};

struct MultivariantPlaylist {
  std::uint64_t version = 1;
  bool independent_segments = false;
  std::vector<Variant> variants;
  std::vector<Rendition> renditions;
  VariableMap variables;  // what the media playlists may import

  // The media playlists it names, each once: variants as listed, then renditions.
  std::vector<std::string> MediaPlaylistUris() const;

  // Of `text`, which IsPlaylist and has passed CheckPlaylistText.
  static absl::StatusOr<MultivariantPlaylist> Parse(absl::string_view text,
                                                    const ParseLimits& limits,
                                                    const VariableSources& sources);
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_MULTIVARIANT_PLAYLIST_H_
