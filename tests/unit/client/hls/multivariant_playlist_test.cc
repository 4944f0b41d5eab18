#include "client/hls/multivariant_playlist.h"

#include <gtest/gtest.h>

#include "tests/unit/client/hls/playlist_builder.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

const PlaylistBuilder kBase;

TEST(MultivariantPlaylistTest, ReadsVariants) {
  const MultivariantPlaylist playlist =
      kBase.Line(R"(#EXT-X-STREAM-INF:BANDWIDTH=1280000,RESOLUTION=640x360,CODECS="a,b")")
          .Line("low.m3u8")
          .ExpectMultivariant();
  ASSERT_EQ(playlist.variants.size(), 1u);
  EXPECT_EQ(playlist.variants[0].uri, "low.m3u8");
  EXPECT_EQ(playlist.variants[0].bandwidth, 1'280'000u);
  EXPECT_EQ(playlist.variants[0].resolution, (Resolution{640, 360}));
}

TEST(MultivariantPlaylistTest, DoesWithoutAttributesThatOnlyInform) {
  const MultivariantPlaylist playlist =
      kBase.Line("#EXT-X-STREAM-INF:RESOLUTION=big").Line("low.m3u8").ExpectMultivariant();
  ASSERT_EQ(playlist.variants.size(), 1u);
  EXPECT_EQ(playlist.variants[0].bandwidth, std::nullopt);
  EXPECT_EQ(playlist.variants[0].resolution, std::nullopt);
}

TEST(MultivariantPlaylistTest, SkipsCommentsBeforeTheUriOfAVariant) {
  EXPECT_EQ(kBase.Line("#EXT-X-STREAM-INF:BANDWIDTH=1")
                .Line("# low")
                .Line("")
                .Line("low.m3u8")
                .ExpectMultivariant()
                .variants.size(),
            1u);
}

TEST(MultivariantPlaylistTest, ReadsRenditionsWithAndWithoutUri) {
  const MultivariantPlaylist playlist =
      kBase.Line(R"(#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="English",URI="en.m3u8")")
          .Line(R"(#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="CC")")
          .ExpectMultivariant();
  ASSERT_EQ(playlist.renditions.size(), 2u);
  EXPECT_EQ(playlist.renditions[0].type, "AUDIO");
  EXPECT_EQ(playlist.renditions[0].group_id, "g");
  EXPECT_EQ(playlist.renditions[0].name, "English");
  EXPECT_EQ(playlist.renditions[0].uri, "en.m3u8");
  EXPECT_EQ(playlist.renditions[1].uri, std::nullopt);
}

TEST(MultivariantPlaylistTest, ReadsIFrameVariants) {
  const MultivariantPlaylist playlist =
      kBase.Line(R"(#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI="i.m3u8")").ExpectMultivariant();
  ASSERT_EQ(playlist.variants.size(), 1u);
  EXPECT_TRUE(playlist.variants[0].i_frames_only);
}

TEST(MultivariantPlaylistTest, ListsEachMediaPlaylistOnce) {
  const MultivariantPlaylist playlist =
      kBase.Line(R"(#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="n",URI="a.m3u8")")
          .Line(R"(#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i.m3u8")")
          .Line("#EXT-X-STREAM-INF:BANDWIDTH=1")
          .Line("v.m3u8")
          .Line("#EXT-X-STREAM-INF:BANDWIDTH=2")
          .Line("v.m3u8")
          .ExpectMultivariant();
  EXPECT_EQ(playlist.MediaPlaylistUris(), (std::vector<std::string>{"i.m3u8", "v.m3u8", "a.m3u8"}));
}

TEST(MultivariantPlaylistTest, OffersItsVariablesForImport) {
  const MultivariantPlaylist playlist = kBase.Line(R"(#EXT-X-DEFINE:NAME="d",VALUE="v")")
                                            .Line("#EXT-X-STREAM-INF:BANDWIDTH=1")
                                            .Line("{$d}.m3u8")
                                            .ExpectMultivariant();
  EXPECT_EQ(playlist.variables, (VariableMap{{"d", "v"}}));
  EXPECT_EQ(playlist.variants.at(0).uri, "v.m3u8");
}

TEST(MultivariantPlaylistTest, RefusesAVariantWithoutUri) {
  const PlaylistBuilder dangling = kBase.Line("#EXT-X-STREAM-INF:BANDWIDTH=1");
  EXPECT_EQ(dangling.Reason(), kVariantWithoutUri);
  EXPECT_EQ(dangling.Line("#EXT-X-STREAM-INF:BANDWIDTH=2").Line("v.m3u8").Reason(),
            kVariantWithoutUri);
}

TEST(MultivariantPlaylistTest, RefusesAUriWithoutVariant) {
  EXPECT_EQ(kBase.Line(R"(#EXT-X-MEDIA:TYPE=AUDIO)").Line("v.m3u8").Reason(), kUriWithoutTag);
}

TEST(MultivariantPlaylistTest, RefusesBadTags) {
  EXPECT_EQ(kBase.Line("#EXT-X-STREAM-INF:\"").Reason(), kBadAttributeList);
  EXPECT_EQ(kBase.Line("#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1").Reason(), kMissingAttribute);
  EXPECT_EQ(kBase.Line("#EXT-X-MEDIA:URI=a").Reason(), kNotQuoted);
}

TEST(MultivariantPlaylistTest, RefusesABadVersion) {
  const PlaylistBuilder base = kBase.Line("#EXT-X-MEDIA:TYPE=AUDIO");
  EXPECT_EQ(base.Line("#EXT-X-VERSION:0").Reason(), kBadVersion);
  EXPECT_EQ(base.Line("#EXT-X-VERSION:3").Line("#EXT-X-VERSION:3").Reason(), kDuplicateTag);
}

TEST(MultivariantPlaylistTest, RefusesMoreThanTheLimits) {
  PlaylistBuilder two = kBase.Line("#EXT-X-MEDIA:TYPE=AUDIO").Line("#EXT-X-MEDIA:TYPE=AUDIO");
  EXPECT_EQ(two.WithLimits({.segments = 1}).Reason(), kTooManySegments);
  PlaylistBuilder long_uri = kBase.Line("#EXT-X-STREAM-INF:BANDWIDTH=1").Line("123456789");
  EXPECT_EQ(long_uri.WithLimits({.uri_bytes = 8}).Reason(), kUriTooLong);
}

}  // namespace
}  // namespace shoal::hls
