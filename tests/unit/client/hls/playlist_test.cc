#include "client/hls/playlist.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/client/hls/playlist_builder.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

const PlaylistBuilder kBase = PlaylistBuilder::Media();

std::optional<ParseErrorReason> ReasonFor(absl::string_view text, const ParseLimits& limits = {}) {
  return ReasonOf(ParsePlaylist(text, limits).status());
}

TEST(IsPlaylistTest, KnowsTheFirstTagHoweverItsLineEnds) {
  for (const char* text : {"#EXTM3U", "#EXTM3U\n", "#EXTM3U\r\n#EXTINF", "#EXTM3U x=1\n"}) {
    EXPECT_TRUE(IsPlaylist(text)) << text;
  }
}

TEST(IsPlaylistTest, LooksBehindAByteOrderMark) {
  EXPECT_TRUE(IsPlaylist("\xEF\xBB\xBF#EXTM3U\n"));
}

TEST(IsPlaylistTest, IsNoPlaylistOtherwise) {
  for (const char* text :
       {"", "#EXTM3", "#EXTM3U8", " #EXTM3U", "#extm3u", "<html>", "\n#EXTM3U"}) {
    EXPECT_FALSE(IsPlaylist(text)) << text;
  }
}

TEST(IsPlaylistTest, NeedsNoMoreThanThePrefix) {
  const std::string longest = "\xEF\xBB\xBF#EXTM3U8";
  EXPECT_EQ(longest.size(), kPlaylistPrefixBytes);
  EXPECT_FALSE(IsPlaylist(longest));
}

TEST(ParsePlaylistTest, AcceptsCarriageReturns) {
  const absl::StatusOr<Playlist> playlist =
      ParsePlaylist("#EXTM3U\r\n#EXT-X-TARGETDURATION:6\r\n#EXTINF:6,\r\na.ts\r\n");
  ASSERT_TRUE(playlist.ok()) << playlist.status();
  EXPECT_EQ(std::get<MediaPlaylist>(*playlist).segments.at(0).uri, "a.ts");
}

TEST(ParsePlaylistTest, AcceptsALastLineWithoutEnd) {
  const absl::StatusOr<Playlist> playlist =
      ParsePlaylist("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts");
  ASSERT_TRUE(playlist.ok()) << playlist.status();
  EXPECT_EQ(std::get<MediaPlaylist>(*playlist).segments.size(), 1u);
}

TEST(ParsePlaylistTest, RefusesOtherText) {
  EXPECT_EQ(ReasonFor(""), kNotAPlaylist);
  EXPECT_EQ(ReasonFor("<html>not found</html>"), kNotAPlaylist);
}

TEST(ParsePlaylistTest, RefusesAByteOrderMark) {
  EXPECT_EQ(ReasonFor("\xEF\xBB\xBF" + kBase.text()), kByteOrderMark);
}

TEST(ParsePlaylistTest, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(kBase.Line("# caf\xE9").Reason(), kNotUtf8);
  EXPECT_EQ(kBase.Line("# café").Reason(), std::nullopt);
}

TEST(ParsePlaylistTest, RefusesControlCharacters) {
  EXPECT_EQ(kBase.Line(absl::string_view("# \0", 3)).Reason(), kControlCharacter);
  EXPECT_EQ(kBase.Line("# \rHost: x").Reason(), kControlCharacter);
}

TEST(ParsePlaylistTest, RefusesTextOverTheLimit) {
  EXPECT_EQ(ReasonFor(kBase.text(), {.text_bytes = kBase.text().size()}), std::nullopt);
  EXPECT_EQ(ReasonFor(kBase.text(), {.text_bytes = kBase.text().size() - 1}), kTextTooLong);
}

TEST(ParsePlaylistTest, RefusesALineOverTheLimit) {
  PlaylistBuilder playlist = kBase.Line("#" + std::string(99, 'x'));
  EXPECT_EQ(playlist.WithLimits({.line_bytes = 100}).Reason(), std::nullopt);
  EXPECT_EQ(playlist.WithLimits({.line_bytes = 99}).Reason(), kLineTooLong);
}

TEST(ParsePlaylistTest, RefusesTagsOfBothKinds) {
  EXPECT_EQ(kBase.Line("#EXT-X-MEDIA:TYPE=AUDIO").Reason(), kMixedPlaylist);
  EXPECT_EQ(PlaylistBuilder()
                .Line("#EXT-X-STREAM-INF:BANDWIDTH=1")
                .Line("a.m3u8")
                .Line("#EXT-X-ENDLIST")
                .Reason(),
            kMixedPlaylist);
}

TEST(ParsePlaylistTest, NamesTheLineOfABadByte) {
  EXPECT_EQ(kBase.Line("# caf\xE9").Parse().status().message(),
            "line 3: byte 37 of the playlist is not UTF-8");
}

// As long as the limit allows, and each line a variable that stands for much.
TEST(ParsePlaylistTest, RefusesAShortTextThatStandsForVeryMuch) {
  PlaylistBuilder playlist =
      kBase.Line("#EXT-X-DEFINE:NAME=\"x\",VALUE=\"" + std::string(8000, 'x') + "\"");
  std::string text = playlist.text();
  for (int i = 0; i < 50'000; ++i) text += "#EXTINF:6,\n{$x}\n";
  EXPECT_EQ(ReasonFor(text), kSubstitutionTooLong);
}

}  // namespace
}  // namespace shoal::hls
