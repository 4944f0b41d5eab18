#include "client/hls/rewrite.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace shoal::hls {
namespace {

// As the proxy does: what is at the origin by its path, the host "other" under a path of its own,
// all else left alone.
std::optional<std::string> MapAsProxy(absl::string_view url) {
  if (absl::ConsumePrefix(&url, "https://origin")) return std::string(url);
  if (absl::ConsumePrefix(&url, "https://other")) return absl::StrCat("/-/o/1", url);
  return std::nullopt;
}

class RewritePlaylistTest : public testing::Test {
 protected:
  RewritePlaylistTest() { options_.player_target = "/live/index.m3u8"; }

  std::string Rewritten(absl::string_view text) const {
    return RewritePlaylist(text, base_url_, MapAsProxy, options_);
  }

  Url base_url_ = *Url::Parse("https://origin/live/index.m3u8");
  RewriteOptions options_;
};

TEST_F(RewritePlaylistTest, LeavesRelativeUrisAtTheSameOrigin) {
  const std::string text = "#EXTM3U\r\n#EXTINF:6,\r\n7.ts?t=1\r\n/a/../8.ts\n../9.ts";
  EXPECT_EQ(Rewritten(text), text);
}

TEST_F(RewritePlaylistTest, TurnsAbsoluteUrisAtTheOriginIntoPaths) {
  EXPECT_EQ(Rewritten("#EXTINF:6,\nhttps://origin/live/7.ts?t=1\n"),
            "#EXTINF:6,\n/live/7.ts?t=1\n");
  EXPECT_EQ(Rewritten("//origin/live/7.ts\n"), "/live/7.ts\n");
  EXPECT_EQ(Rewritten("HTTPS://ORIGIN:443/live/7.ts\n"), "/live/7.ts\n");
}

TEST_F(RewritePlaylistTest, MapsOtherHosts) {
  EXPECT_EQ(Rewritten("https://other/x/7.ts\n//other/8.ts\n"), "/-/o/1/x/7.ts\n/-/o/1/8.ts\n");
}

TEST_F(RewritePlaylistTest, LeavesWhatTheMapperLeaves) {
  EXPECT_EQ(Rewritten("https://unknown/7.ts\n"), "https://unknown/7.ts\n");
}

TEST_F(RewritePlaylistTest, MapsTheUriOfEveryTag) {
  for (const char* tag :
       {"KEY:METHOD=AES-128,", "SESSION-KEY:METHOD=AES-128,", "MAP:", "MEDIA:TYPE=AUDIO,",
        "I-FRAME-STREAM-INF:BANDWIDTH=1,", "PART:DURATION=1,", "PRELOAD-HINT:TYPE=PART,",
        "RENDITION-REPORT:LAST-MSN=1,", "SESSION-DATA:DATA-ID=\"x\",", "FROM-THE-FUTURE:"}) {
    EXPECT_EQ(Rewritten(absl::StrCat("#EXT-X-", tag, "URI=\"https://other/k\",A=1")),
              absl::StrCat("#EXT-X-", tag, "URI=\"/-/o/1/k\",A=1"));
  }
}

TEST_F(RewritePlaylistTest, MapsAttributesThatAreUrisByTheirName) {
  EXPECT_EQ(Rewritten("#EXT-X-CONTENT-STEERING:SERVER-URI=\"https://other/s\",PATHWAY-ID=\"a\""),
            "#EXT-X-CONTENT-STEERING:SERVER-URI=\"/-/o/1/s\",PATHWAY-ID=\"a\"");
  EXPECT_EQ(Rewritten("#EXT-X-DATERANGE:ID=\"i\",X-ASSET-URI=\"https://other/a\""),
            "#EXT-X-DATERANGE:ID=\"i\",X-ASSET-URI=\"/-/o/1/a\"");
  EXPECT_EQ(Rewritten("#EXT-X-DATERANGE:ID=\"i\",X-ASSET-LIST=\"https://other/l\""),
            "#EXT-X-DATERANGE:ID=\"i\",X-ASSET-LIST=\"/-/o/1/l\"");
}

TEST_F(RewritePlaylistTest, WritesNoPathThatReadsAsAHost) {
  EXPECT_EQ(Rewritten("https://origin//evil.example/7.ts\n"), "/.//evil.example/7.ts\n");
  EXPECT_EQ(Rewritten("/.//evil.example/7.ts\n"), "/.//evil.example/7.ts\n");
}

TEST_F(RewritePlaylistTest, MapsSeveralUrisOfOneLine) {
  EXPECT_EQ(Rewritten("#EXT-X-Y:URI=\"https://other/a\",B=\"https://other/b\",C-URI=\"//other/c\""),
            "#EXT-X-Y:URI=\"/-/o/1/a\",B=\"https://other/b\",C-URI=\"/-/o/1/c\"");
}

TEST_F(RewritePlaylistTest, LeavesTextThatOnlyLooksLikeAUri) {
  const std::string text =
      "#EXTINF:6,URI=\"https://other/a\"\n# https://other/b\n#EXT-X-Y:NAME=\"https://other/c\"\n";
  EXPECT_EQ(Rewritten(text), text);
}

TEST_F(RewritePlaylistTest, LeavesOtherSchemes) {
  const std::string text =
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://other/k\"\n"
      "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"data:text/plain;base64,AA==\"\nurn:x:y\n";
  EXPECT_EQ(Rewritten(text), text);
}

TEST_F(RewritePlaylistTest, LeavesLinesThatItCannotUnderstand) {
  const std::string text =
      "#EXT-X-KEY:METHOD=AES-128,URI=\"https://other/k\n#EXT-X-MAP:URI=https://other/m\n"
      "https://user@other/a\nhttps://other\\a\nhttps://other:99999/\n\xFF\xFE\n";
  EXPECT_EQ(Rewritten(text), text);
}

TEST_F(RewritePlaylistTest, KeepsBlanksAroundAUri) {
  EXPECT_EQ(Rewritten("  https://other/a \t\n"), "  /-/o/1/a \t\n");
}

TEST_F(RewritePlaylistTest, SubstitutesVariablesInWhatItMaps) {
  EXPECT_EQ(Rewritten("#EXT-X-DEFINE:NAME=\"cdn\",VALUE=\"https://other\"\n{$cdn}/7.ts\n"),
            "#EXT-X-DEFINE:NAME=\"cdn\",VALUE=\"https://other\"\n/-/o/1/7.ts\n");
}

TEST_F(RewritePlaylistTest, SubstitutesVariablesInWhatStaysRelative) {
  EXPECT_EQ(Rewritten("#EXT-X-DEFINE:NAME=\"n\",VALUE=\"7\"\n{$n}.ts\n"),
            "#EXT-X-DEFINE:NAME=\"n\",VALUE=\"7\"\n7.ts\n");
}

TEST_F(RewritePlaylistTest, KnowsImportedVariablesAndQueryParameters) {
  base_url_ = *Url::Parse("https://origin/live/index.m3u8?t=9");
  options_.imports = {{"cdn", "https://other"}};
  EXPECT_EQ(Rewritten("#EXT-X-DEFINE:IMPORT=\"cdn\"\n#EXT-X-DEFINE:QUERYPARAM=\"t\"\n"
                      "{$cdn}/7.ts?t={$t}\n"),
            "#EXT-X-DEFINE:IMPORT=\"cdn\"\n#EXT-X-DEFINE:QUERYPARAM=\"t\"\n"
            "/-/o/1/7.ts?t=9\n");
}

TEST_F(RewritePlaylistTest, LeavesAUriWithAnUndefinedVariable) {
  EXPECT_EQ(Rewritten("https://other/{$x}.ts\n"), "https://other/{$x}.ts\n");
}

TEST_F(RewritePlaylistTest, MapsRelativeUrisOnceARedirectHasMovedThePlaylist) {
  base_url_ = *Url::Parse("https://other/x/index.m3u8");
  EXPECT_EQ(Rewritten("7.ts\n"), "/-/o/1/x/7.ts\n");
  base_url_ = *Url::Parse("https://origin/elsewhere/index.m3u8");
  EXPECT_EQ(Rewritten("7.ts\n"), "/elsewhere/7.ts\n");
}

TEST_F(RewritePlaylistTest, MapsEverythingWhenThePlayersTargetIsNotKnown) {
  options_.player_target.clear();
  EXPECT_EQ(Rewritten("7.ts\n"), "/live/7.ts\n");
}

TEST_F(RewritePlaylistTest, PassesAbsoluteUrlsInNormalForm) {
  std::vector<std::string> seen;
  RewritePlaylist("A b.ts\nHTTP://Other:80/x/../y\n", base_url_, [&](absl::string_view url) {
    seen.emplace_back(url);
    return std::nullopt;
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"https://origin/live/A%20b.ts", "http://other/y"}));
}

TEST_F(RewritePlaylistTest, TakesNoAnswerThatWouldBreakThePlaylist) {
  for (const char* answer : {"", "/a\"b", "/a\n/b", "#EXT-X-ENDLIST", " /a", "/{$x}", "/a\rb"}) {
    const UrlMapper mapper = [&](absl::string_view) { return std::string(answer); };
    EXPECT_EQ(RewritePlaylist("7.ts\n", base_url_, mapper), "7.ts\n") << answer;
  }
}

TEST_F(RewritePlaylistTest, RewritesATextWithAByteOrderMark) {
  EXPECT_EQ(Rewritten("\xEF\xBB\xBF#EXTM3U\nhttps://other/7.ts\n"),
            "\xEF\xBB\xBF#EXTM3U\n/-/o/1/7.ts\n");
}

TEST_F(RewritePlaylistTest, LeavesLinesOverTheLimit) {
  options_.limits.line_bytes = 20;
  EXPECT_EQ(Rewritten("https://other/123456\nhttps://other/1234567\n"),
            "/-/o/1/123456\nhttps://other/1234567\n");
}

TEST_F(RewritePlaylistTest, StopsWhereTheOutputWouldGrowTooMuch) {
  const std::string answer = "/" + std::string(kRewriteGrowthBytesMax / 4 * 3, 'x');
  const UrlMapper mapper = [&](absl::string_view) { return answer; };
  // Not EXPECT_EQ, which would print megabytes.
  EXPECT_TRUE(RewritePlaylist("a\nb\nc\n", base_url_, mapper) == answer + "\nb\nc\n");
}

TEST_F(RewritePlaylistTest, StopsWhereReferencesStandForTooMuch) {
  base_url_ = *Url::Parse("https://origin/" + std::string(kUrlBytesMax - 20, 'x') + "/");
  const std::size_t count = 2 * kResolvedBytesMax / kUrlBytesMax;
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "a\n";
  std::size_t asked = 0;
  RewritePlaylist(text, base_url_, [&](absl::string_view) {
    ++asked;
    return std::nullopt;
  });
  EXPECT_LT(asked, count * 3 / 4);
}

}  // namespace
}  // namespace shoal::hls
