#include "client/hls/playlist.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/hls/line_reader.h"
#include "client/hls/text.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

constexpr absl::string_view kByteOrderMarkBytes = "\xEF\xBB\xBF";
constexpr absl::string_view kFirstTag = "#EXTM3U";

constexpr absl::string_view kMultivariantTags[] = {
    "EXT-X-MEDIA",       "EXT-X-STREAM-INF",   "EXT-X-I-FRAME-STREAM-INF",
    "EXT-X-SESSION-KEY", "EXT-X-SESSION-DATA", "EXT-X-CONTENT-STEERING",
};

constexpr absl::string_view kMediaTags[] = {
    "EXTINF",
    "EXT-X-PART",
    "EXT-X-BYTERANGE",
    "EXT-X-DISCONTINUITY",
    "EXT-X-KEY",
    "EXT-X-MAP",
    "EXT-X-PROGRAM-DATE-TIME",
    "EXT-X-GAP",
    "EXT-X-BITRATE",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-ENDLIST",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-SKIP",
    "EXT-X-PRELOAD-HINT",
    "EXT-X-RENDITION-REPORT",
};

template <std::size_t N>
bool Contains(const absl::string_view (&tags)[N], absl::string_view name) {
  return std::find(std::begin(tags), std::end(tags), name) != std::end(tags);
}

// Whether the tags are those of a multivariant playlist; error when there are some of both kinds.
absl::StatusOr<bool> IsMultivariant(absl::string_view text) {
  bool media = false;
  bool multivariant = false;
  LineReader lines(text);
  while (const std::optional<Line> line = lines.Next()) {
    if (KindOf(line->text) != LineKind::kTag) continue;
    const absl::string_view name = SplitTag(line->text).name;
    media = media || Contains(kMediaTags, name);
    multivariant = multivariant || Contains(kMultivariantTags, name);
    if (media && multivariant) {
      return ParseError(kMixedPlaylist,
                        absl::StrCat("line ", line->number, ": ", name,
                                     " does not belong into the kind of playlist begun above"));
    }
  }
  return multivariant;
}

// The number of the line that holds the byte at `offset`.
std::size_t LineOf(absl::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + offset, '\n'));
}

}  // namespace

bool IsPlaylist(absl::string_view body) {
  absl::ConsumePrefix(&body, kByteOrderMarkBytes);
  if (!absl::ConsumePrefix(&body, kFirstTag)) return false;
  return body.empty() || absl::string_view(" \t\r\n").find(body.front()) != body.npos;
}

absl::Status CheckPlaylistText(absl::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.text_bytes) {
    return ParseError(kTextTooLong, absl::StrCat("playlist of ", text.size(), " bytes, more than ",
                                                 limits.text_bytes));
  }
  if (absl::StartsWith(text, kByteOrderMarkBytes)) {
    return ParseError(kByteOrderMark, "line 1: begins with a byte order mark");
  }
  if (!IsPlaylist(text)) {
    return ParseError(kNotAPlaylist,
                      absl::StrCat("line 1: ", Shown(text.substr(0, kPlaylistPrefixBytes)),
                                   " does not begin with #EXTM3U"));
  }
  const std::size_t bad = FindNotUtf8(text);
  if (bad != text.npos) {
    return ParseError(kNotUtf8, absl::StrCat("line ", LineOf(text, bad), ": byte ", bad,
                                             " of the playlist is not UTF-8"));
  }
  const std::size_t control = FindControlCharacter(text);
  if (control != text.npos) {
    return ParseError(kControlCharacter,
                      absl::StrCat("line ", LineOf(text, control), ": byte ", control,
                                   " of the playlist is a control character"));
  }
  LineReader lines(text);
  while (const std::optional<Line> line = lines.Next()) {
    if (line->text.size() > limits.line_bytes) {
      return ParseError(kLineTooLong, absl::StrCat("line ", line->number, ": ", line->text.size(),
                                                   " bytes, more than ", limits.line_bytes));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Playlist> ParsePlaylist(absl::string_view text, const ParseLimits& limits,
                                       const VariableSources& sources) {
  const absl::Status status = CheckPlaylistText(text, limits);
  if (!status.ok()) return status;
  const absl::StatusOr<bool> multivariant = IsMultivariant(text);
  if (!multivariant.ok()) return multivariant.status();
  if (*multivariant) {
    absl::StatusOr<MultivariantPlaylist> playlist =
        MultivariantPlaylist::Parse(text, limits, sources);
    if (!playlist.ok()) return playlist.status();
    return Playlist(*std::move(playlist));
  }
  absl::StatusOr<MediaPlaylist> playlist = MediaPlaylist::Parse(text, limits, sources);
  if (!playlist.ok()) return playlist.status();
  return Playlist(*std::move(playlist));
}

}  // namespace shoal::hls
