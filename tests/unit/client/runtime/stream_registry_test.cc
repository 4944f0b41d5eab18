#include "client/runtime/stream_registry.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/hls/stream_ids.h"
#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

using core::SegmentRef;

class StreamRegistryTest : public testing::Test {
 protected:
  static hls::MediaPlaylist Listing(std::uint64_t first, const std::vector<std::string>& uris) {
    hls::MediaPlaylist playlist;
    playlist.target_duration = Seconds(2);
    playlist.media_sequence = first;
    for (const std::string& uri : uris) {
      playlist.segments.push_back(
          {.sequence = first + playlist.segments.size(), .uri = uri, .duration = Seconds(2)});
    }
    return playlist;
  }
  core::PlaylistLoaded Update(const hls::MediaPlaylist& playlist) {
    return registry_.Update(
        stream_->id, playlist, base_, [](const hls::Url&) { return true; }, clock_.now);
  }
  std::optional<SegmentRef> Match(absl::string_view url, absl::string_view range = "") {
    return registry_.Match(UrlOf(url), proxy::ParseRangeHeader(range));
  }

  FakeClock clock_;
  const hls::Url base_ = UrlOf("http://cdn.example/live/p.m3u8?t=1");
  StreamRegistry registry_{UrlOf("http://cdn.example"), {.name_space = "n", .ignore_path = {}}};
  Stream* stream_ = registry_.Open(base_);
};

TEST_F(StreamRegistryTest, NamesSwarmsAsTheProtocolSays) {
  EXPECT_EQ(stream_->swarm, hls::MakeSwarmId({.protocol_major = core::kProtocolMajor,
                                              .piece_size = core::kPieceSize,
                                              .name_space = "n",
                                              .playlist_path = "/live/p.m3u8"}));
}

TEST_F(StreamRegistryTest, OnePlaylistIsOneStreamWhateverItsQuery) {
  EXPECT_EQ(registry_.FindPlaylist(UrlOf("http://cdn.example/live/p.m3u8?t=2")), stream_);
  EXPECT_EQ(registry_.FindPlaylist(UrlOf("http://cdn.example/live/q.m3u8")), nullptr);
  EXPECT_EQ(registry_.FindPlaylist(UrlOf("http://other.example/live/p.m3u8")), nullptr);
  EXPECT_EQ(registry_.FindSwarm(stream_->swarm), stream_);
}

TEST_F(StreamRegistryTest, IgnoredPartsOfPathsMakeNoDifference) {
  StreamRegistry registry(
      UrlOf("http://cdn.example"),
      {.name_space = "n", .ignore_path = *hls::PathFilter::Compile("/s-[^/]*")});
  Stream* stream = registry.Open(UrlOf("http://cdn.example/s-1/p.m3u8"));
  EXPECT_EQ(registry.FindPlaylist(UrlOf("http://cdn.example/s-2/p.m3u8")), stream);
  registry.Update(
      stream->id, Listing(1, {"a.ts"}), UrlOf("http://cdn.example/s-1/p.m3u8"),
      [](const hls::Url&) { return true; }, clock_.now);
  EXPECT_EQ(registry.Match(UrlOf("http://cdn.example/s-2/a.ts"), {}), (SegmentRef{stream->id, 1}));
}

TEST_F(StreamRegistryTest, TellsTheCoreWhatIsListed) {
  hls::MediaPlaylist playlist = Listing(7, {"a.ts?t=1", "/b.ts"});
  playlist.segments[1].byte_range = ByteRange{100, 300};
  playlist.ended = true;
  const core::PlaylistLoaded loaded = Update(playlist);
  EXPECT_EQ(loaded.stream, stream_->id);
  EXPECT_EQ(loaded.first_sequence, 7u);
  EXPECT_EQ(loaded.target_duration, Seconds(2));
  EXPECT_TRUE(loaded.ended);
  ASSERT_EQ(loaded.segments.size(), 2u);
  EXPECT_EQ(loaded.segments[0].key, hls::MakeSegmentKey("/live/a.ts", std::nullopt));
  EXPECT_EQ(loaded.segments[0].length, 0u);
  EXPECT_EQ(loaded.segments[1].key, hls::MakeSegmentKey("/b.ts", ByteRange{100, 300}));
  EXPECT_EQ(loaded.segments[1].length, 200u);
  EXPECT_TRUE(loaded.segments[1].shareable);
}

TEST_F(StreamRegistryTest, DoesNotShareWhatItMayNotFetchOrCannotTellApart) {
  hls::MediaPlaylist playlist =
      Listing(1, {"a.ts?n=1", "a.ts?n=2", "http://private/x.ts", "data:,x", "gap.ts"});
  playlist.segments[4].gap = true;
  const core::PlaylistLoaded loaded = registry_.Update(
      stream_->id, playlist, base_, [](const hls::Url& url) { return url.host() != "private"; },
      clock_.now);
  std::string shareable;
  for (const core::ListedSegment& segment : loaded.segments) {
    shareable += segment.shareable ? '1' : '0';
  }
  EXPECT_EQ(shareable, "10000");
  EXPECT_EQ(registry_.FindSegment({stream_->id, 3})->url, "");
}

TEST_F(StreamRegistryTest, MatchesRequestsWhateverTheirQueryAndSpelling) {
  Update(Listing(1, {"a.ts?t=1", "b%7Ec.ts"}));
  EXPECT_EQ(Match("http://cdn.example/live/a.ts?t=9"), (SegmentRef{stream_->id, 1}));
  EXPECT_EQ(Match("http://cdn.example/live/b~c.ts"), (SegmentRef{stream_->id, 2}));
  EXPECT_EQ(Match("http://cdn.example/a.ts"), std::nullopt);
  EXPECT_EQ(Match("http://other.example/live/a.ts"), std::nullopt);
}

TEST_F(StreamRegistryTest, SubRangesMatchOnlyRequestsWithinThem) {
  hls::MediaPlaylist playlist = Listing(1, {"all.mp4", "all.mp4"});
  playlist.segments[0].byte_range = ByteRange{100, 300};
  playlist.segments[1].byte_range = ByteRange{300, 400};
  Update(playlist);
  const std::string url = "http://cdn.example/live/all.mp4";
  EXPECT_EQ(Match(url, "bytes=100-299"), (SegmentRef{stream_->id, 1}));
  EXPECT_EQ(Match(url, "bytes=350-360"), (SegmentRef{stream_->id, 2}));
  EXPECT_EQ(Match(url, "bytes=299-300"), std::nullopt);
  EXPECT_EQ(Match(url, "bytes=0-99"), std::nullopt);
  EXPECT_EQ(Match(url, "bytes=300-"), std::nullopt);
  EXPECT_EQ(Match(url, "bytes=-100"), std::nullopt);
  EXPECT_EQ(Match(url), std::nullopt);
}

TEST_F(StreamRegistryTest, OfOneSegmentListedTwiceTheNextIsMeant) {
  Update(Listing(5, {"slate.ts", "a.ts", "slate.ts", "b.ts", "slate.ts"}));
  const std::string url = "http://cdn.example/live/slate.ts";
  EXPECT_EQ(Match(url)->sequence, 9u);  // nothing was asked for: a player starts near the edge
  stream_->requested_last = 5;
  EXPECT_EQ(Match(url)->sequence, 7u);
  stream_->requested_last = 8;
  EXPECT_EQ(Match(url)->sequence, 9u);
  stream_->requested_last = 9;
  EXPECT_EQ(Match(url)->sequence, 9u);
}

TEST_F(StreamRegistryTest, OfTwoStreamsTheOneAskedForLastIsMeant) {
  Stream* other = registry_.Open(UrlOf("http://cdn.example/live/dvr.m3u8"));
  const core::StreamId other_id = other->id;
  Update(Listing(1, {"a.ts"}));
  registry_.Update(
      other_id, Listing(50, {"a.ts"}), base_, [](const hls::Url&) { return true; }, clock_.now);
  registry_.Find(stream_->id)->asked_at = clock_.now;
  EXPECT_EQ(Match("http://cdn.example/live/a.ts"), (SegmentRef{stream_->id, 1}));
  registry_.Find(other_id)->asked_at = clock_.now + Seconds(1);
  EXPECT_EQ(Match("http://cdn.example/live/a.ts"), (SegmentRef{other_id, 50}));
}

TEST_F(StreamRegistryTest, RemembersSegmentsForAWhileAfterTheyLeftTheList) {
  Update(Listing(1, {"a.ts", "b.ts"}));
  Update(Listing(2, {"b.ts", "c.ts"}));
  clock_.now += kRememberSegment;
  Update(Listing(2, {"b.ts", "c.ts"}));
  EXPECT_EQ(Match("http://cdn.example/live/a.ts"), (SegmentRef{stream_->id, 1}));
  clock_.now += Seconds(1);
  Update(Listing(2, {"b.ts", "c.ts"}));
  EXPECT_EQ(Match("http://cdn.example/live/a.ts"), std::nullopt);
  EXPECT_EQ(registry_.FindSegment({stream_->id, 1}), nullptr);
  EXPECT_NE(registry_.FindSegment({stream_->id, 2}), nullptr);
}

TEST_F(StreamRegistryTest, AStreamThatBeginsAnewForgetsTheOldOne) {
  Update(Listing(100, {"a.ts", "b.ts"}));
  registry_.FindSegment({stream_->id, 100})->etag = "\"old\"";
  Update(Listing(1, {"x.ts"}));
  EXPECT_EQ(Match("http://cdn.example/live/a.ts"), std::nullopt);
  EXPECT_EQ(Match("http://cdn.example/live/x.ts"), (SegmentRef{stream_->id, 1}));
}

TEST_F(StreamRegistryTest, SegmentsThatThereIsNoRoomForTheUrlsOfArePassedThrough) {
  const hls::Url base =
      UrlOf(absl::StrCat("http://cdn.example/", std::string(8000, 'x'), "/p.m3u8"));
  std::vector<std::string> uris;
  for (int i = 0; i < 10'000; ++i) uris.push_back(absl::StrCat(i, ".ts"));
  const auto load = [&](std::uint64_t first) {
    return registry_.Update(
        stream_->id, Listing(first, uris), base, [](const hls::Url&) { return true; }, clock_.now);
  };
  const core::PlaylistLoaded loaded = load(1);
  EXPECT_LE(stream_->url_bytes, kStreamUrlBytesMax);
  EXPECT_GT(stream_->url_bytes, kStreamUrlBytesMax - 20'000);
  ASSERT_EQ(loaded.segments.size(), 10'000u);
  EXPECT_TRUE(loaded.segments.front().shareable);
  EXPECT_FALSE(loaded.segments.back().shareable);
  EXPECT_TRUE(registry_.Match(*base.Resolve("0.ts"), {}));
  EXPECT_FALSE(registry_.Match(*base.Resolve("9999.ts"), {}));
  // Keys tell them apart all the same.
  EXPECT_NE(loaded.segments[9998].key, loaded.segments[9999].key);
  const std::size_t before = stream_->url_bytes;
  load(1);
  EXPECT_EQ(stream_->url_bytes, before) << "what is listed again is counted once";
  uris.resize(1);
  clock_.now += kRememberSegment;
  load(50'000);
  clock_.now += kRememberSegment + Seconds(1);
  load(50'000);
  EXPECT_LT(stream_->url_bytes, 10'000u) << "what was forgotten makes room";
}

TEST_F(StreamRegistryTest, AServerThatLagsBehindTakesNothingAway) {
  Update(Listing(2, {"b.ts", "c.ts"}));
  Update(Listing(1, {"a.ts", "b.ts"}));
  EXPECT_EQ(Match("http://cdn.example/live/c.ts"), (SegmentRef{stream_->id, 3}));
}

TEST_F(StreamRegistryTest, ANewTokenKeepsWhatIsKnownOfASegmentAnotherPathDoesNot) {
  Update(Listing(1, {"a.ts?t=1"}));
  registry_.FindSegment({stream_->id, 1})->etag = "\"e\"";
  Update(Listing(1, {"a.ts?t=2"}));
  EXPECT_EQ(registry_.FindSegment({stream_->id, 1})->etag, "\"e\"");
  EXPECT_EQ(registry_.FindSegment({stream_->id, 1})->url, "http://cdn.example/live/a.ts?t=2");
  Update(Listing(1, {"z.ts"}));
  EXPECT_EQ(registry_.FindSegment({stream_->id, 1})->etag, "");
  EXPECT_EQ(Match("http://cdn.example/live/a.ts"), std::nullopt);
}

TEST_F(StreamRegistryTest, KnowsInitSectionsAndPartsWhileTheyAreListed) {
  hls::MediaPlaylist playlist = Listing(1, {"a.mp4"});
  playlist.init_sections.push_back({.uri = "init.mp4?t=1"});
  playlist.init_sections.push_back({.uri = "all.mp4", .byte_range = ByteRange{0, 700}});
  playlist.parts.push_back({.uri = "part.mp4"});
  playlist.parts.push_back({.uri = "gap.mp4", .gap = true});
  Update(playlist);
  const auto match = [&](const char* name, absl::string_view range = "") {
    return registry_.MatchUnshared(UrlOf(absl::StrCat("http://cdn.example/live/", name)),
                                   proxy::ParseRangeHeader(range));
  };
  ASSERT_TRUE(match("init.mp4"));
  EXPECT_EQ(match("init.mp4", "bytes=5-9")->byte_range, std::nullopt);
  EXPECT_EQ(match("all.mp4", "bytes=0-699")->byte_range, (ByteRange{0, 700}));
  EXPECT_FALSE(match("all.mp4", "bytes=0-700"));
  EXPECT_FALSE(match("all.mp4"));
  EXPECT_TRUE(match("part.mp4"));
  EXPECT_FALSE(match("gap.mp4"));
  playlist.init_sections[0].uri = "init2.mp4";
  Update(playlist);
  EXPECT_FALSE(match("init.mp4"));
  EXPECT_TRUE(match("init2.mp4"));
}

TEST_F(StreamRegistryTest, WhatWasKeptOfAStreamBeforeItBeganAnewIsNotValid) {
  hls::MediaPlaylist playlist = Listing(100, {"a.mp4"});
  playlist.init_sections.push_back({.uri = "init.mp4"});
  Update(playlist);
  const hls::Url init = UrlOf("http://cdn.example/live/init.mp4");
  EXPECT_EQ(registry_.MatchUnshared(init, {})->valid_since, TimePoint());
  playlist.media_sequence = playlist.segments[0].sequence = 1;
  Update(playlist);
  EXPECT_EQ(registry_.MatchUnshared(init, {})->valid_since, clock_.now);
}

TEST_F(StreamRegistryTest, AClosedStreamIsGoneAndItsIdIsNotUsedAgain) {
  Update(Listing(1, {"a.ts"}));
  const core::StreamId id = stream_->id;
  registry_.Close(id);
  EXPECT_EQ(Match("http://cdn.example/live/a.ts"), std::nullopt);
  EXPECT_EQ(registry_.Find(id), nullptr);
  EXPECT_NE(registry_.Open(base_)->id, id);
}

TEST_F(StreamRegistryTest, FollowsAtMostSoMany) {
  for (std::size_t i = 1; i < kStreamsMax; ++i) {
    ASSERT_NE(registry_.Open(UrlOf(absl::StrCat("http://cdn.example/", i))), nullptr);
  }
  EXPECT_EQ(registry_.Open(UrlOf("http://cdn.example/more")), nullptr);
}

}  // namespace
}  // namespace shoal::runtime
