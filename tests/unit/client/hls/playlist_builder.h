// Playlists for tests: build a good one, then fork it (copy it) for each bad line.
#ifndef SHOAL_TESTS_UNIT_CLIENT_HLS_PLAYLIST_BUILDER_H_
#define SHOAL_TESTS_UNIT_CLIENT_HLS_PLAYLIST_BUILDER_H_

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "client/hls/playlist.h"

namespace shoal::hls {

inline void PrintTo(ParseErrorReason reason, std::ostream* out) {
  *out << ParseErrorReasonName(reason);
}

class PlaylistBuilder {
 public:
  // Begins with #EXTM3U.
  PlaylistBuilder() : text_("#EXTM3U\n") {}

  // A media playlist that lacks nothing but segments.
  static PlaylistBuilder Media() { return PlaylistBuilder().Line("#EXT-X-TARGETDURATION:6"); }

  PlaylistBuilder Line(absl::string_view line) && { return std::move(this->Add(line)); }
  PlaylistBuilder Line(absl::string_view line) const& { return PlaylistBuilder(*this).Line(line); }
  PlaylistBuilder Segment(absl::string_view uri = "a.ts") const {
    return Line("#EXTINF:6,").Line(uri);
  }

  PlaylistBuilder& WithLimits(const ParseLimits& limits) {
    limits_ = limits;
    return *this;
  }
  PlaylistBuilder& WithSources(VariableSources sources) {
    sources_ = std::move(sources);
    return *this;
  }

  const std::string& text() const { return text_; }

  absl::StatusOr<Playlist> Parse() const { return ParsePlaylist(text_, limits_, sources_); }

  // The playlist; a test failure and an empty one if it is refused or of the other kind.
  MediaPlaylist ExpectMedia() const { return Expect<MediaPlaylist>(); }
  MultivariantPlaylist ExpectMultivariant() const { return Expect<MultivariantPlaylist>(); }

  // Why it is refused; nullopt if it is not.
  std::optional<ParseErrorReason> Reason() const { return ReasonOf(Parse().status()); }

 private:
  PlaylistBuilder& Add(absl::string_view line) {
    absl::StrAppend(&text_, line, "\n");
    return *this;
  }

  template <typename Kind>
  Kind Expect() const {
    absl::StatusOr<Playlist> playlist = Parse();
    EXPECT_TRUE(playlist.ok()) << playlist.status() << "\n" << text_;
    if (!playlist.ok()) return {};
    EXPECT_TRUE(std::holds_alternative<Kind>(*playlist)) << text_;
    Kind* const kind = std::get_if<Kind>(&*playlist);
    return kind != nullptr ? std::move(*kind) : Kind{};
  }

  std::string text_;
  ParseLimits limits_;
  VariableSources sources_;
};

}  // namespace shoal::hls

#endif  // SHOAL_TESTS_UNIT_CLIENT_HLS_PLAYLIST_BUILDER_H_
