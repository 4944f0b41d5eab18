// Playlists as programs in the field write them.
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "client/hls/playlist.h"

namespace shoal::hls {
namespace {

MediaPlaylist Media(absl::string_view text) {
  absl::StatusOr<Playlist> playlist = ParsePlaylist(text);
  EXPECT_TRUE(playlist.ok()) << playlist.status();
  return playlist.ok() ? std::get<MediaPlaylist>(*std::move(playlist)) : MediaPlaylist();
}

MultivariantPlaylist Multivariant(absl::string_view text) {
  absl::StatusOr<Playlist> playlist = ParsePlaylist(text);
  EXPECT_TRUE(playlist.ok()) << playlist.status();
  return playlist.ok() ? std::get<MultivariantPlaylist>(*std::move(playlist))
                       : MultivariantPlaylist();
}

TEST(RealPlaylistsTest, ReadsAnFfmpegLiveWindow) {
  const MediaPlaylist playlist = Media(
      "#EXTM3U\n"
      "#EXT-X-VERSION:3\n"
      "#EXT-X-TARGETDURATION:2\n"
      "#EXT-X-MEDIA-SEQUENCE:148\n"
      "#EXTINF:2.000000,\n"
      "stream148.ts\n"
      "#EXTINF:2.000000,\n"
      "stream149.ts\n"
      "#EXTINF:1.960000,\n"
      "stream150.ts\n");
  ASSERT_EQ(playlist.segments.size(), 3u);
  EXPECT_EQ(playlist.segments[2].sequence, 150u);
  EXPECT_EQ(playlist.segments[2].duration, Milliseconds(1'960));
  EXPECT_FALSE(playlist.ended);
}

TEST(RealPlaylistsTest, ReadsFragmentedMp4InOneFile) {
  const MediaPlaylist playlist = Media(
      "#EXTM3U\n"
      "#EXT-X-TARGETDURATION:6\n"
      "#EXT-X-VERSION:7\n"
      "#EXT-X-MEDIA-SEQUENCE:1\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-MAP:URI=\"main.mp4\",BYTERANGE=\"719@0\"\n"
      "#EXTINF:6.00000,\t\n"
      "#EXT-X-BYTERANGE:1508000@719\n"
      "main.mp4\n"
      "#EXTINF:6.00000,\t\n"
      "#EXT-X-BYTERANGE:1510244@1508719\n"
      "main.mp4\n"
      "#EXTINF:5.96667,\t\n"
      "#EXT-X-BYTERANGE:1501337\n"
      "main.mp4\n"
      "#EXT-X-ENDLIST\n");
  ASSERT_EQ(playlist.segments.size(), 3u);
  EXPECT_EQ(playlist.init_sections.at(0).byte_range, (ByteRange{0, 719}));
  EXPECT_EQ(playlist.segments[1].byte_range, (ByteRange{1'508'719, 3'018'963}));
  EXPECT_EQ(playlist.segments[2].byte_range, (ByteRange{3'018'963, 4'520'300}));
  EXPECT_EQ(playlist.segments[2].init_section, 0u);
  EXPECT_TRUE(playlist.ended);
}

TEST(RealPlaylistsTest, ReadsAnEncryptedWindowWithRotatedKeys) {
  const MediaPlaylist playlist = Media(
      "#EXTM3U\n"
      "#EXT-X-VERSION:3\n"
      "#EXT-X-MEDIA-SEQUENCE:7794\n"
      "#EXT-X-TARGETDURATION:15\n"
      "\n"
      "#EXT-X-KEY:METHOD=AES-128,URI=\"https://priv.example.com/key.php?r=52\"\n"
      "\n"
      "#EXTINF:2.833,\n"
      "http://media.example.com/fileSequence52-A.ts\n"
      "#EXTINF:15.0,\n"
      "http://media.example.com/fileSequence52-B.ts\n"
      "\n"
      "#EXT-X-KEY:METHOD=AES-128,URI=\"https://priv.example.com/key.php?r=53\"\n"
      "\n"
      "#EXTINF:15.0,\n"
      "http://media.example.com/fileSequence53-A.ts\n");
  ASSERT_EQ(playlist.segments.size(), 3u);
  ASSERT_EQ(playlist.keys.size(), 2u);
  EXPECT_EQ(playlist.segments[1].key_set, 0u);
  EXPECT_EQ(playlist.segments[2].key_set, 1u);
  EXPECT_EQ(playlist.keys[1].uri, "https://priv.example.com/key.php?r=53");
}

TEST(RealPlaylistsTest, ReadsAnAdBreakWithDiscontinuities) {
  const MediaPlaylist playlist = Media(
      "#EXTM3U\r\n"
      "#EXT-X-VERSION:6\r\n"
      "#EXT-X-TARGETDURATION:10\r\n"
      "#EXT-X-MEDIA-SEQUENCE:9012\r\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:4\r\n"
      "#EXT-X-PROGRAM-DATE-TIME:2024-05-01T12:00:00.000+0000\r\n"
      "#EXTINF:9.6,live\r\n"
      "live/9012.ts?sig=a%2Bb\r\n"
      "#EXT-OATCLS-SCTE35:/DAlAAAAAAAAAP/wFAUAAAABf+/+\r\n"
      "#EXT-X-CUE-OUT:30\r\n"
      "#EXT-X-DATERANGE:ID=\"ad1\",START-DATE=\"2024-05-01T12:00:09.6Z\",SCTE35-OUT=0xFC30\r\n"
      "#EXT-X-DISCONTINUITY\r\n"
      "#EXTINF:10.000,ad\r\n"
      "https://ads.example.net/1/0.ts\r\n"
      "#EXT-X-DISCONTINUITY\r\n"
      "#EXT-X-CUE-IN\r\n"
      "#EXTINF:9.6,live\r\n"
      "live/9014.ts?sig=c\r\n");
  ASSERT_EQ(playlist.segments.size(), 3u);
  EXPECT_FALSE(playlist.segments[0].discontinuity);
  EXPECT_TRUE(playlist.segments[1].discontinuity);
  EXPECT_TRUE(playlist.segments[2].discontinuity);
  EXPECT_EQ(playlist.segments[0].program_date_time, Seconds(1'714'564'800));
  EXPECT_EQ(playlist.segments[1].uri, "https://ads.example.net/1/0.ts");
}

TEST(RealPlaylistsTest, ReadsALowLatencyPlaylist) {
  const MediaPlaylist playlist = Media(
      "#EXTM3U\n"
      "#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-VERSION:6\n"
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=12.0\n"
      "#EXT-X-PART-INF:PART-TARGET=0.33334\n"
      "#EXT-X-MEDIA-SEQUENCE:266\n"
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:4.00008,\n"
      "fileSequence266.mp4\n"
      "#EXT-X-PART:DURATION=0.33334,URI=\"filePart267.0.mp4\",INDEPENDENT=YES\n"
      "#EXT-X-PART:DURATION=0.33334,URI=\"filePart267.1.mp4\"\n"
      "#EXTINF:4.00008,\n"
      "fileSequence267.mp4\n"
      "#EXT-X-PART:DURATION=0.33334,URI=\"filePart268.0.mp4\",INDEPENDENT=YES\n"
      "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"filePart268.1.mp4\"\n"
      "#EXT-X-RENDITION-REPORT:URI=\"../1M/waitForMSN.php\",LAST-MSN=267,LAST-PART=1\n");
  EXPECT_TRUE(playlist.IsLowLatency());
  ASSERT_EQ(playlist.segments.size(), 2u);
  ASSERT_EQ(playlist.parts.size(), 3u);
  EXPECT_EQ(playlist.parts[1].parent_sequence, 267u);
  EXPECT_EQ(playlist.parts[2].parent_sequence, 268u);
  EXPECT_EQ(playlist.preload_hints.at(0).uri, "filePart268.1.mp4");
}

TEST(RealPlaylistsTest, ReadsAnEventWithVideoOnDemandDrm) {
  const MediaPlaylist playlist = Media(
      "#EXTM3U\n"
      "#EXT-X-VERSION:6\n"
      "#EXT-X-PLAYLIST-TYPE:EVENT\n"
      "#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-MAP:URI=\"v/init.mp4\"\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"data:text/plain;base64,AAAAPnBzc2g=\","
      "KEYID=0x0a1b2c,IV=0xd5fbd6b82ed93e4ef98ae40931ee33b7,KEYFORMATVERSIONS=\"1\","
      "KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\"\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://asset\",KEYFORMATVERSIONS=\"1\","
      "KEYFORMAT=\"com.apple.streamingkeydelivery\"\n"
      "#EXTINF:4.004,\n"
      "v/1.m4s\n");
  ASSERT_EQ(playlist.key_sets.size(), 1u);
  EXPECT_EQ(playlist.key_sets[0].size(), 2u);
  EXPECT_EQ(playlist.type, MediaPlaylist::Type::kEvent);
  EXPECT_EQ(playlist.init_sections.at(0).key_set, std::nullopt);
}

TEST(RealPlaylistsTest, ReadsTheMultivariantPlaylistOfAnEncodingLadder) {
  const MultivariantPlaylist playlist = Multivariant(
      "#EXTM3U\n"
      "#EXT-X-VERSION:6\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n"
      "\n"
      "#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=2168183,BANDWIDTH=2177116,"
      "CODECS=\"avc1.640020,mp4a.40.2\",RESOLUTION=960x540,FRAME-RATE=60.000,"
      "CLOSED-CAPTIONS=\"cc1\",AUDIO=\"aud1\",SUBTITLES=\"sub1\"\n"
      "v5/prog_index.m3u8\n"
      "#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=7968416,BANDWIDTH=8001098,"
      "CODECS=\"avc1.64002a,mp4a.40.2\",RESOLUTION=1920x1080,FRAME-RATE=60.000,"
      "CLOSED-CAPTIONS=\"cc1\",AUDIO=\"aud1\",SUBTITLES=\"sub1\"\n"
      "v9/prog_index.m3u8\n"
      "#EXT-X-I-FRAME-STREAM-INF:AVERAGE-BANDWIDTH=183689,BANDWIDTH=187492,"
      "CODECS=\"avc1.64002a\",RESOLUTION=1920x1080,URI=\"v7/iframe_index.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aud1\",LANGUAGE=\"en\",NAME=\"English\","
      "AUTOSELECT=YES,DEFAULT=YES,CHANNELS=\"2\",URI=\"a1/prog_index.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc1\",LANGUAGE=\"en\",NAME=\"English\","
      "AUTOSELECT=YES,DEFAULT=YES,INSTREAM-ID=\"CC1\"\n"
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"sub1\",LANGUAGE=\"en\",NAME=\"English\","
      "AUTOSELECT=YES,DEFAULT=YES,FORCED=NO,URI=\"s1/en/prog_index.m3u8\"\n");
  EXPECT_EQ(
      playlist.MediaPlaylistUris(),
      (std::vector<std::string>{"v5/prog_index.m3u8", "v9/prog_index.m3u8", "v7/iframe_index.m3u8",
                                "a1/prog_index.m3u8", "s1/en/prog_index.m3u8"}));
}

// A day of live television, kept as one EVENT playlist.
TEST(RealPlaylistsTest, ReadsADayOfSegments) {
  std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:EVENT\n";
  constexpr int kSegmentsOfADay = 43'200;
  for (int i = 0; i < kSegmentsOfADay; ++i) {
    text += "#EXTINF:2.000,\nlive/segment" + std::to_string(i) + ".m4s\n";
  }
  const MediaPlaylist playlist = Media(text);
  const Duration total =
      std::accumulate(playlist.segments.begin(), playlist.segments.end(), Duration{},
                      [](Duration sum, const Segment& segment) { return sum + segment.duration; });
  EXPECT_EQ(total, std::chrono::hours(24));
}

}  // namespace
}  // namespace shoal::hls
