#include "client/hls/low_latency.h"

#include <gtest/gtest.h>

#include "tests/unit/client/hls/playlist_builder.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

const PlaylistBuilder kBase = PlaylistBuilder::Media().Line("#EXT-X-MEDIA-SEQUENCE:10");

TEST(LowLatencyTest, AssignsPartsToTheSegmentTheyBelongTo) {
  const MediaPlaylist playlist = kBase.Line(R"(#EXT-X-PART:DURATION=0.5,URI="a.0",INDEPENDENT=YES)")
                                     .Line(R"(#EXT-X-PART:DURATION=0.5,URI="a.1",GAP=YES)")
                                     .Segment("a")
                                     .Line(R"(#EXT-X-PART:DURATION=0.25,URI="b.0")")
                                     .ExpectMedia();
  ASSERT_EQ(playlist.parts.size(), 3u);
  EXPECT_EQ(playlist.parts[0].parent_sequence, 10u);
  EXPECT_TRUE(playlist.parts[0].independent);
  EXPECT_TRUE(playlist.parts[1].gap);
  EXPECT_EQ(playlist.parts[2].parent_sequence, 11u);
  EXPECT_EQ(playlist.parts[2].duration, Milliseconds(250));
  EXPECT_TRUE(playlist.IsLowLatency());
}

TEST(LowLatencyTest, ContinuesThePreviousPartOfTheSameUri) {
  const MediaPlaylist playlist = kBase.Line(R"(#EXT-X-PART:DURATION=1,URI="a",BYTERANGE="100@0")")
                                     .Line(R"(#EXT-X-PART:DURATION=1,URI="a",BYTERANGE="50")")
                                     .ExpectMedia();
  EXPECT_EQ(playlist.parts.at(1).byte_range, (ByteRange{100, 150}));
}

TEST(LowLatencyTest, RefusesABadPart) {
  EXPECT_EQ(kBase.Line("#EXT-X-PART:DURATION=1").Reason(), kMissingAttribute);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-PART:URI="a")").Reason(), kMissingAttribute);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-PART:DURATION=x,URI="a")").Reason(), kBadDuration);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-PART:DURATION=90000,URI="a")").Reason(), kDurationTooLong);
  EXPECT_EQ(kBase.Line(R"(#EXT-X-PART:DURATION=1,URI="a",BYTERANGE="9")").Reason(),
            kByteRangeWithoutOffset);
}

TEST(LowLatencyTest, RefusesMorePartsThanTheLimit) {
  PlaylistBuilder playlist =
      kBase.Line(R"(#EXT-X-PART:DURATION=1,URI="a")").Line(R"(#EXT-X-PART:DURATION=1,URI="b")");
  EXPECT_EQ(playlist.WithLimits({.segments = 1}).Reason(), kTooManySegments);
}

TEST(LowLatencyTest, ReportsADeltaUpdate) {
  const MediaPlaylist playlist =
      kBase.Line("#EXT-X-SKIP:SKIPPED-SEGMENTS=5").Segment().ExpectMedia();
  EXPECT_TRUE(playlist.IsDeltaUpdate());
  EXPECT_EQ(playlist.skipped_segments, 5u);
  EXPECT_EQ(playlist.segments.at(0).sequence, 15u);
}

TEST(LowLatencyTest, IsNoDeltaUpdateWithoutSkip) {
  EXPECT_FALSE(kBase.Segment().ExpectMedia().IsDeltaUpdate());
  EXPECT_FALSE(kBase.Segment().ExpectMedia().IsLowLatency());
}

TEST(LowLatencyTest, RefusesABadSkip) {
  EXPECT_EQ(kBase.Line("#EXT-X-SKIP:A=1").Reason(), kMissingAttribute);
  EXPECT_EQ(kBase.Line("#EXT-X-SKIP:SKIPPED-SEGMENTS=x").Reason(), kBadNumber);
  EXPECT_EQ(kBase.Line("#EXT-X-SKIP:SKIPPED-SEGMENTS=9223372036854775808").Reason(),
            kSequenceTooLarge);
  EXPECT_EQ(kBase.Segment().Line("#EXT-X-SKIP:SKIPPED-SEGMENTS=1").Reason(), kTagOutOfPlace);
}

TEST(LowLatencyTest, ReadsPreloadHints) {
  const MediaPlaylist playlist =
      kBase.Line(R"(#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p",BYTERANGE-START=9,BYTERANGE-LENGTH=5)")
          .Line(R"(#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="i")")
          .ExpectMedia();
  ASSERT_EQ(playlist.preload_hints.size(), 2u);
  EXPECT_EQ(playlist.preload_hints[0].uri, "p");
  EXPECT_EQ(playlist.preload_hints[0].byte_range_begin, 9u);
  EXPECT_EQ(playlist.preload_hints[0].byte_range_length, 5u);
  EXPECT_TRUE(playlist.preload_hints[1].is_map);
  EXPECT_EQ(playlist.preload_hints[1].byte_range_length, std::nullopt);
}

TEST(LowLatencyTest, ReadsServerControlAndPartTarget) {
  const MediaPlaylist playlist =
      kBase.Line("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.02,HOLD-BACK=x")
          .Line("#EXT-X-PART-INF:PART-TARGET=0.334")
          .ExpectMedia();
  ASSERT_TRUE(playlist.server_control.has_value());
  EXPECT_TRUE(playlist.server_control->can_block_reload);
  EXPECT_EQ(playlist.server_control->part_hold_back, Milliseconds(1'020));
  EXPECT_EQ(playlist.server_control->hold_back, std::nullopt);
  EXPECT_EQ(playlist.part_target, Milliseconds(334));
}

}  // namespace
}  // namespace shoal::hls
