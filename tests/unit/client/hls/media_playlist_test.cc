#include "client/hls/media_playlist.h"

#include <gtest/gtest.h>

#include "common/base/ids.h"
#include "tests/unit/client/hls/playlist_builder.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

const PlaylistBuilder kBase = PlaylistBuilder::Media();

// ---- The whole playlist ------------------------------------------------------------------------

TEST(MediaPlaylistTest, ReadsItsHead) {
  const MediaPlaylist playlist = kBase.Line("#EXT-X-VERSION:7")
                                     .Line("#EXT-X-MEDIA-SEQUENCE:2680")
                                     .Line("#EXT-X-DISCONTINUITY-SEQUENCE:3")
                                     .Line("#EXT-X-INDEPENDENT-SEGMENTS")
                                     .Segment()
                                     .ExpectMedia();
  EXPECT_EQ(playlist.version, 7u);
  EXPECT_EQ(playlist.target_duration, Seconds(6));
  EXPECT_EQ(playlist.media_sequence, 2680u);
  EXPECT_EQ(playlist.discontinuity_sequence, 3u);
  EXPECT_TRUE(playlist.independent_segments);
}

TEST(MediaPlaylistTest, IsLiveUntilItEnds) {
  EXPECT_FALSE(kBase.Segment().ExpectMedia().ended);
  EXPECT_TRUE(kBase.Segment().Line("#EXT-X-ENDLIST").ExpectMedia().ended);
}

TEST(MediaPlaylistTest, KnowsEventAndVod) {
  using enum MediaPlaylist::Type;
  EXPECT_EQ(kBase.Line("#EXT-X-PLAYLIST-TYPE:EVENT").ExpectMedia().type, kEvent);
  EXPECT_EQ(kBase.Line("#EXT-X-PLAYLIST-TYPE:VOD").ExpectMedia().type, kVod);
  EXPECT_EQ(kBase.Line("#EXT-X-PLAYLIST-TYPE:LIVE").ExpectMedia().type, kNone);
}

TEST(MediaPlaylistTest, MayHaveNoSegments) { EXPECT_TRUE(kBase.ExpectMedia().segments.empty()); }

TEST(MediaPlaylistTest, NeedsATargetDuration) {
  EXPECT_EQ(PlaylistBuilder().Segment().Reason(), kMissingTargetDuration);
}

TEST(MediaPlaylistTest, TakesAZeroTargetDurationForTheLeast) {
  EXPECT_EQ(PlaylistBuilder().Line("#EXT-X-TARGETDURATION:0").ExpectMedia().target_duration,
            kTargetDurationMin);
}

TEST(MediaPlaylistTest, RefusesABadTargetDuration) {
  EXPECT_EQ(PlaylistBuilder().Line("#EXT-X-TARGETDURATION:six").Reason(), kBadDuration);
  EXPECT_EQ(PlaylistBuilder().Line("#EXT-X-TARGETDURATION:-1").Reason(), kBadDuration);
  EXPECT_EQ(PlaylistBuilder().Line("#EXT-X-TARGETDURATION:86401").Reason(), kDurationTooLong);
}

TEST(MediaPlaylistTest, RefusesABadVersion) {
  EXPECT_EQ(kBase.Line("#EXT-X-VERSION:0").Reason(), kBadVersion);
  EXPECT_EQ(kBase.Line("#EXT-X-VERSION:x").Reason(), kBadVersion);
}

TEST(MediaPlaylistTest, RefusesABadSequence) {
  EXPECT_EQ(kBase.Line("#EXT-X-MEDIA-SEQUENCE:-1").Reason(), kBadNumber);
  EXPECT_EQ(kBase.Line("#EXT-X-MEDIA-SEQUENCE:18446744073709551616").Reason(), kBadNumber);
  EXPECT_EQ(kBase.Line("#EXT-X-MEDIA-SEQUENCE:18446744073709551615").Reason(), kSequenceTooLarge);
  EXPECT_EQ(kBase.Line("#EXT-X-DISCONTINUITY-SEQUENCE:x").Reason(), kBadNumber);
}

TEST(MediaPlaylistTest, RefusesASequenceBelowASegment) {
  EXPECT_EQ(kBase.Segment().Line("#EXT-X-MEDIA-SEQUENCE:1").Reason(), kTagOutOfPlace);
}

TEST(MediaPlaylistTest, RefusesTagsThatMayStandOnceTwice) {
  for (const char* line : {"#EXT-X-TARGETDURATION:6", "#EXT-X-VERSION:3", "#EXT-X-MEDIA-SEQUENCE:1",
                           "#EXT-X-DISCONTINUITY-SEQUENCE:1", "#EXT-X-PLAYLIST-TYPE:VOD"}) {
    EXPECT_EQ(kBase.Line(line).Line(line).Reason(), kDuplicateTag) << line;
  }
}

TEST(MediaPlaylistTest, ReadsTheStartPoint) {
  const MediaPlaylist playlist =
      kBase.Line("#EXT-X-START:TIME-OFFSET=-18.5,PRECISE=YES").ExpectMedia();
  ASSERT_TRUE(playlist.start.has_value());
  EXPECT_EQ(playlist.start->time_offset, -Milliseconds(18'500));
  EXPECT_TRUE(playlist.start->precise);
}

TEST(MediaPlaylistTest, DoesWithoutAStartPointItCannotRead) {
  EXPECT_FALSE(kBase.Line("#EXT-X-START:TIME-OFFSET=soon").ExpectMedia().start.has_value());
}

TEST(MediaPlaylistTest, IgnoresUnknownTagsAndComments) {
  const MediaPlaylist playlist = kBase.Line("#EXT-X-FROM-THE-FUTURE:A=\"")
                                     .Line("#EXTVLCOPT:x")
                                     .Line("# a comment")
                                     .Line("")
                                     .Segment()
                                     .ExpectMedia();
  EXPECT_EQ(playlist.segments.size(), 1u);
}

TEST(MediaPlaylistTest, NamesLineTagAndValueOfAnError) {
  EXPECT_EQ(kBase.Line("#EXTINF:1x,").Parse().status().message(),
            "line 3: EXTINF: \"1x\" is not a duration");
}

// ---- Segments ----------------------------------------------------------------------------------

TEST(MediaPlaylistTest, NumbersSegmentsFromTheMediaSequence) {
  const MediaPlaylist playlist =
      kBase.Line("#EXT-X-MEDIA-SEQUENCE:7").Segment("a.ts").Segment("b.ts").ExpectMedia();
  ASSERT_EQ(playlist.segments.size(), 2u);
  EXPECT_EQ(playlist.segments[0].sequence, 7u);
  EXPECT_EQ(playlist.segments[1].sequence, 8u);
  EXPECT_EQ(playlist.segments[1].uri, "b.ts");
}

TEST(MediaPlaylistTest, ReadsDurationsHoweverTheyAreWritten) {
  for (const char* line : {"#EXTINF:9.009,", "#EXTINF:9.009", "#EXTINF: 9.009 ,a title, with comma",
                           "#EXTINF:9.009,\tA=\"b"}) {
    const MediaPlaylist playlist = kBase.Line(line).Line("a.ts").ExpectMedia();
    ASSERT_EQ(playlist.segments.size(), 1u) << line;
    EXPECT_EQ(playlist.segments[0].duration, Milliseconds(9'009)) << line;
  }
}

TEST(MediaPlaylistTest, RefusesABadDuration) {
  for (const char* line : {"#EXTINF:", "#EXTINF", "#EXTINF:-1,", "#EXTINF:1e3,", "#EXTINF:nan,"}) {
    EXPECT_EQ(kBase.Line(line).Line("a.ts").Reason(), kBadDuration) << line;
  }
  EXPECT_EQ(kBase.Line("#EXTINF:86400.1,").Line("a.ts").Reason(), kDurationTooLong);
}

TEST(MediaPlaylistTest, RefusesASegmentWithoutDuration) {
  EXPECT_EQ(kBase.Line("a.ts").Reason(), kSegmentWithoutDuration);
  EXPECT_EQ(kBase.Segment().Line("b.ts").Reason(), kSegmentWithoutDuration);
}

TEST(MediaPlaylistTest, DropsADurationWhoseSegmentIsNotThere) {
  EXPECT_EQ(kBase.Segment().Line("#EXTINF:6,").ExpectMedia().segments.size(), 1u);
}

TEST(MediaPlaylistTest, TrimsBlanksAroundAUri) {
  EXPECT_EQ(kBase.Segment(" a b.ts\t").ExpectMedia().segments.at(0).uri, "a b.ts");
}

TEST(MediaPlaylistTest, MarksDiscontinuitiesAndGapsOnTheirSegmentOnly) {
  const MediaPlaylist playlist = kBase.Segment()
                                     .Line("#EXT-X-DISCONTINUITY")
                                     .Line("#EXT-X-GAP")
                                     .Segment()
                                     .Segment()
                                     .ExpectMedia();
  ASSERT_EQ(playlist.segments.size(), 3u);
  EXPECT_FALSE(playlist.segments[0].discontinuity || playlist.segments[0].gap);
  EXPECT_TRUE(playlist.segments[1].discontinuity && playlist.segments[1].gap);
  EXPECT_FALSE(playlist.segments[2].discontinuity || playlist.segments[2].gap);
}

TEST(MediaPlaylistTest, ReadsDates) {
  EXPECT_EQ(kBase.Line("#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:02Z")
                .Segment()
                .ExpectMedia()
                .segments.at(0)
                .program_date_time,
            Seconds(2));
}

TEST(MediaPlaylistTest, DoesWithoutADateItCannotRead) {
  EXPECT_EQ(kBase.Line("#EXT-X-PROGRAM-DATE-TIME:yesterday")
                .Segment()
                .ExpectMedia()
                .segments.at(0)
                .program_date_time,
            std::nullopt);
}

TEST(MediaPlaylistTest, RefusesMoreSegmentsThanTheLimit) {
  PlaylistBuilder two = kBase.Segment().Segment();
  PlaylistBuilder three = two.Segment();
  EXPECT_EQ(two.WithLimits({.segments = 2}).Reason(), std::nullopt);
  EXPECT_EQ(three.WithLimits({.segments = 2}).Reason(), kTooManySegments);
}

TEST(MediaPlaylistTest, RefusesAUriOverTheLimit) {
  EXPECT_EQ(kBase.Segment("123456789").WithLimits({.uri_bytes = 8}).Reason(), kUriTooLong);
  EXPECT_EQ(kBase.Segment("12345678").WithLimits({.uri_bytes = 8}).Reason(), std::nullopt);
}

// ---- Byte ranges -------------------------------------------------------------------------------

TEST(MediaPlaylistTest, ReadsByteRangesWithOffsets) {
  EXPECT_EQ(
      kBase.Line("#EXT-X-BYTERANGE:75232@1000").Segment().ExpectMedia().segments.at(0).byte_range,
      (ByteRange{1000, 76'232}));
}

TEST(MediaPlaylistTest, ContinuesThePreviousSubRangeOfTheSameUri) {
  const MediaPlaylist playlist = kBase.Line("#EXT-X-BYTERANGE:100@20")
                                     .Segment()
                                     .Line("#EXT-X-BYTERANGE:50")
                                     .Segment()
                                     .ExpectMedia();
  ASSERT_EQ(playlist.segments.size(), 2u);
  EXPECT_EQ(playlist.segments[1].byte_range, (ByteRange{120, 170}));
}

TEST(MediaPlaylistTest, RefusesToContinueAnotherUri) {
  EXPECT_EQ(kBase.Line("#EXT-X-BYTERANGE:100@20")
                .Segment("a.ts")
                .Line("#EXT-X-BYTERANGE:50")
                .Segment("b.ts")
                .Reason(),
            kByteRangeWithoutOffset);
}

TEST(MediaPlaylistTest, RefusesToContinueAWholeResource) {
  EXPECT_EQ(kBase.Segment().Line("#EXT-X-BYTERANGE:50").Segment().Reason(),
            kByteRangeWithoutOffset);
}

TEST(MediaPlaylistTest, AppliesAByteRangeToOneSegmentOnly) {
  EXPECT_EQ(kBase.Line("#EXT-X-BYTERANGE:9@0")
                .Segment()
                .Segment()
                .ExpectMedia()
                .segments.at(1)
                .byte_range,
            std::nullopt);
}

TEST(MediaPlaylistTest, RefusesABadByteRange) {
  EXPECT_EQ(kBase.Line("#EXT-X-BYTERANGE:x").Segment().Reason(), kBadByteRange);
}

// ---- Init sections -----------------------------------------------------------------------------

TEST(MediaPlaylistTest, AppliesAnInitSectionUntilTheNext) {
  const MediaPlaylist playlist = kBase.Segment()
                                     .Line(R"(#EXT-X-MAP:URI="i1.mp4")")
                                     .Segment()
                                     .Segment()
                                     .Line(R"(#EXT-X-MAP:URI="i2.mp4",BYTERANGE="720@10")")
                                     .Segment()
                                     .ExpectMedia();
  ASSERT_EQ(playlist.segments.size(), 4u);
  EXPECT_EQ(playlist.segments[0].init_section, std::nullopt);
  EXPECT_EQ(playlist.segments[1].init_section, 0u);
  EXPECT_EQ(playlist.segments[2].init_section, 0u);
  EXPECT_EQ(playlist.segments[3].init_section, 1u);
  EXPECT_EQ(playlist.init_sections.at(1).uri, "i2.mp4");
  EXPECT_EQ(playlist.init_sections.at(1).byte_range, (ByteRange{10, 730}));
}

TEST(MediaPlaylistTest, BeginsAnInitSectionAtZeroWithoutOffset) {
  EXPECT_EQ(kBase.Line(R"(#EXT-X-MAP:URI="i",BYTERANGE="720")")
                .ExpectMedia()
                .init_sections.at(0)
                .byte_range,
            (ByteRange{0, 720}));
}

TEST(MediaPlaylistTest, RefusesABadInitSection) {
  EXPECT_EQ(kBase.Line("#EXT-X-MAP:A=1").Reason(), kMissingAttribute);
  EXPECT_EQ(kBase.Line("#EXT-X-MAP:URI=i").Reason(), kNotQuoted);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-MAP:URI="i",BYTERANGE="x")").Reason(), kBadByteRange);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-MAP:URI="i)").Reason(), kBadAttributeList);
}

// ---- Keys --------------------------------------------------------------------------------------

TEST(MediaPlaylistTest, ReadsAKey) {
  const MediaPlaylist playlist =
      kBase.Line(R"(#EXT-X-KEY:METHOD=AES-128,URI="k?n=1",IV=0x000102030405060708090a0b0c0d0e0f)")
          .Segment()
          .ExpectMedia();
  ASSERT_EQ(playlist.keys.size(), 1u);
  const EncryptionKey& key = playlist.keys[0];
  EXPECT_EQ(key.method, EncryptionKey::Method::kAes128);
  EXPECT_EQ(key.uri, "k?n=1");
  ASSERT_TRUE(key.iv.has_value());
  EXPECT_EQ(ToHex(*key.iv), "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(key.key_format, "identity");
}

TEST(MediaPlaylistTest, AppliesAKeyUntilTheNextOfItsFormat) {
  const MediaPlaylist playlist = kBase.Segment()
                                     .Line(R"(#EXT-X-KEY:METHOD=AES-128,URI="k1")")
                                     .Segment()
                                     .Segment()
                                     .Line(R"(#EXT-X-KEY:METHOD=AES-128,URI="k2")")
                                     .Segment()
                                     .ExpectMedia();
  ASSERT_EQ(playlist.segments.size(), 4u);
  EXPECT_EQ(playlist.segments[0].key_set, std::nullopt);
  EXPECT_EQ(playlist.segments[1].key_set, playlist.segments[2].key_set);
  ASSERT_EQ(playlist.key_sets.size(), 2u);
  EXPECT_EQ(playlist.key_sets[0], (std::vector<std::size_t>{0}));
  EXPECT_EQ(playlist.key_sets[1], (std::vector<std::size_t>{1}));
}

TEST(MediaPlaylistTest, AppliesKeysOfSeveralFormatsTogether) {
  const MediaPlaylist playlist =
      kBase.Line(R"(#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://1",KEYFORMAT="com.apple")")
          .Line(R"(#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI="data:x",KEYFORMAT="urn:uuid:1")")
          .Segment()
          .ExpectMedia();
  ASSERT_EQ(playlist.key_sets.size(), 1u);
  EXPECT_EQ(playlist.key_sets[0], (std::vector<std::size_t>{0, 1}));
}

TEST(MediaPlaylistTest, EndsEncryptionAtMethodNone) {
  const MediaPlaylist playlist = kBase.Line(R"(#EXT-X-KEY:METHOD=AES-128,URI="k")")
                                     .Segment()
                                     .Line("#EXT-X-KEY:METHOD=NONE")
                                     .Segment()
                                     .ExpectMedia();
  ASSERT_EQ(playlist.segments.size(), 2u);
  EXPECT_EQ(playlist.segments[0].key_set, 0u);
  EXPECT_EQ(playlist.segments[1].key_set, std::nullopt);
}

TEST(MediaPlaylistTest, EncryptsAnInitSectionThatFollowsItsKey) {
  const MediaPlaylist playlist = kBase.Line(R"(#EXT-X-MAP:URI="clear.mp4")")
                                     .Line(R"(#EXT-X-KEY:METHOD=AES-128,URI="k")")
                                     .Line(R"(#EXT-X-MAP:URI="sealed.mp4")")
                                     .ExpectMedia();
  EXPECT_EQ(playlist.init_sections.at(0).key_set, std::nullopt);
  EXPECT_EQ(playlist.init_sections.at(1).key_set, 0u);
}

TEST(MediaPlaylistTest, RefusesABadKey) {
  EXPECT_EQ(kBase.Line("#EXT-X-KEY:URI=\"k\"").Reason(), kMissingAttribute);
  EXPECT_EQ(kBase.Line("#EXT-X-KEY:METHOD=AES-128").Reason(), kMissingAttribute);
  EXPECT_EQ(kBase.Line("#EXT-X-KEY:METHOD=AES-128,URI=k").Reason(), kNotQuoted);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x01)").Reason(), kBadHex);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-KEY:METHOD=AES-128,URI="k",URI="k")").Reason(),
            kDuplicateAttribute);
}

TEST(MediaPlaylistTest, RefusesMoreKeysInForceThanTheLimit) {
  PlaylistBuilder playlist = kBase;
  for (const char* format : {"a", "b", "c"}) {
    playlist = playlist.Line(
        absl::StrCat(R"(#EXT-X-KEY:METHOD=AES-128,URI="k",KEYFORMAT=")", format, "\""));
  }
  EXPECT_EQ(playlist.WithLimits({.keys_in_force = 3}).Reason(), std::nullopt);
  EXPECT_EQ(playlist.WithLimits({.keys_in_force = 2}).Reason(), kTooManyKeys);
}

// ---- Variables ---------------------------------------------------------------------------------

TEST(MediaPlaylistTest, SubstitutesVariablesInUris) {
  const MediaPlaylist playlist = kBase.Line(R"(#EXT-X-DEFINE:NAME="dir",VALUE="v7")")
                                     .Line(R"(#EXT-X-MAP:URI="{$dir}/init.mp4")")
                                     .Segment("{$dir}/a.ts")
                                     .ExpectMedia();
  EXPECT_EQ(playlist.segments.at(0).uri, "v7/a.ts");
  EXPECT_EQ(playlist.init_sections.at(0).uri, "v7/init.mp4");
  EXPECT_EQ(playlist.variables, (VariableMap{{"dir", "v7"}}));
}

TEST(MediaPlaylistTest, TakesVariablesFromItsSources) {
  PlaylistBuilder playlist = kBase.Line(R"(#EXT-X-DEFINE:IMPORT="cdn")")
                                 .Line(R"(#EXT-X-DEFINE:QUERYPARAM="t")")
                                 .Segment("{$cdn}/a.ts?t={$t}");
  playlist.WithSources({.playlist_url = "http://h/p.m3u8?t=1", .imports = {{"cdn", "http://c"}}});
  EXPECT_EQ(playlist.ExpectMedia().segments.at(0).uri, "http://c/a.ts?t=1");
}

TEST(MediaPlaylistTest, RefusesAVariableThatIsNotDefined) {
  EXPECT_EQ(kBase.Segment("{$dir}/a.ts").Reason(), kUndefinedVariable);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-MAP:URI="{$dir}/i")").Reason(), kUndefinedVariable);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-DEFINE:IMPORT="cdn")").Reason(), kVariableNotImportable);
}

TEST(MediaPlaylistTest, RefusesAUriThatVariablesMakeTooLong) {
  PlaylistBuilder playlist = kBase.Line(R"(#EXT-X-DEFINE:NAME="x",VALUE="12345")");
  EXPECT_EQ(playlist.Segment("{$x}{$x}").WithLimits({.uri_bytes = 9}).Reason(), kUriTooLong);
}

}  // namespace
}  // namespace shoal::hls
