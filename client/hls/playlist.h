// HLS playlists (RFC 8216): telling one from other text, and parsing it.
#ifndef SHOAL_CLIENT_HLS_PLAYLIST_H_
#define SHOAL_CLIENT_HLS_PLAYLIST_H_

#include <cstddef>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/hls/media_playlist.h"
#include "client/hls/multivariant_playlist.h"
#include "client/hls/parse_error.h"
#include "client/hls/parse_limits.h"
#include "client/hls/variables.h"

namespace shoal::hls {

using Playlist = std::variant<MediaPlaylist, MultivariantPlaylist>;

// How many bytes of a body IsPlaylist looks at.
inline constexpr std::size_t kPlaylistPrefixBytes = 11;

// Whether `body`, or a body that begins so, is a playlist: its first line is #EXTM3U. A byte order
// mark before it does not hide it here, though ParsePlaylist refuses one: such a text is still to
// be rewritten. With fewer than kPlaylistPrefixBytes of a longer body the answer may be wrong.
bool IsPlaylist(absl::string_view body);

// Parses either kind. Refused: what is not UTF-8, begins with a byte order mark, has control
// characters but for tabs and line ends, or exceeds `limits`; the rest is said at MediaPlaylist.
// Unknown tags and attributes are ignored. For an error, ReasonOf tells which.
// Never longer than linear in the size of `text` and of what its variables stand for.
absl::StatusOr<Playlist> ParsePlaylist(absl::string_view text, const ParseLimits& limits = {},
                                       const VariableSources& sources = {});

// What must hold for the text of any playlist, before its lines are read.
absl::Status CheckPlaylistText(absl::string_view text, const ParseLimits& limits);

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_PLAYLIST_H_
