// Reading a playlist line by line: what the parsers of both kinds of playlist have in common.
// Threads: any.
#ifndef SHOAL_CLIENT_HLS_FEED_LINES_H_
#define SHOAL_CLIENT_HLS_FEED_LINES_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/hls/line_reader.h"
#include "client/hls/parse_error.h"

namespace shoal::hls {

// Gives the tags and URIs of `text` in order to `parser`, which has `absl::Status TakeTag(const
// Tag&)` and `absl::Status TakeUri(absl::string_view line)`, until it refuses one: that error, with
// the line's number before it.
template <class Parser>
absl::Status FeedLines(absl::string_view text, Parser& parser) {
  LineReader lines(text);
  while (const std::optional<Line> line = lines.Next()) {
    const LineKind kind = KindOf(line->text);
    absl::Status status;
    if (kind == LineKind::kTag) status = parser.TakeTag(SplitTag(line->text));
    if (kind == LineKind::kUri) status = parser.TakeUri(line->text);
    if (!status.ok()) return InContext(absl::StrCat("line ", line->number), status);
  }
  return absl::OkStatus();
}

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_FEED_LINES_H_
