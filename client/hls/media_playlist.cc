#include "client/hls/media_playlist.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/hls/line_reader.h"
#include "client/hls/media_playlist_parser.h"
#include "client/hls/parse_error.h"

namespace shoal::hls {

absl::StatusOr<MediaPlaylist> MediaPlaylist::Parse(absl::string_view text,
                                                   const ParseLimits& limits,
                                                   const VariableSources& sources) {
  MediaPlaylistParser parser(limits, sources);
  LineReader lines(text);
  while (const std::optional<Line> line = lines.Next()) {
    const LineKind kind = KindOf(line->text);
    absl::Status status;
    if (kind == LineKind::kTag) status = parser.TakeTag(SplitTag(line->text));
    if (kind == LineKind::kUri) status = parser.TakeUri(line->text);
    if (!status.ok()) return InContext(absl::StrCat("line ", line->number), status);
  }
  return std::move(parser).Finish();
}

}  // namespace shoal::hls
