#include "client/hls/media_playlist.h"

#include <utility>

#include "client/hls/feed_lines.h"
#include "client/hls/media_playlist_parser.h"

namespace shoal::hls {

absl::StatusOr<MediaPlaylist> MediaPlaylist::Parse(absl::string_view text,
                                                   const ParseLimits& limits,
                                                   const VariableSources& sources) {
  MediaPlaylistParser parser(limits, sources);
  if (absl::Status fed = FeedLines(text, parser); !fed.ok()) return fed;
  return std::move(parser).Finish();
}

}  // namespace shoal::hls
