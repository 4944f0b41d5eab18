#include "client/runtime/segment_service.h"

#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

using core::PlayerGone;
using core::PlayerRequested;
using core::PlayerServed;

constexpr std::uint64_t kLength = 1000;

class SegmentServiceTest : public testing::Test {
 protected:
  SegmentServiceTest() {
    hls::MediaPlaylist playlist;
    playlist.media_sequence = 1;
    playlist.segments.push_back({.sequence = 1, .uri = "a.ts"});
    playlist.segments.push_back(
        {.sequence = 2, .uri = "all.mp4", .byte_range = ByteRange{5000, 6000}});
    const hls::Url base = UrlOf("http://cdn.example/live/p.m3u8");
    Stream* stream = registry_.Open(base);
    a_ = {stream->id, 1};
    sub_ = {stream->id, 2};
    registry_.Update(
        stream->id, playlist, base, [](const hls::Url&) { return true; }, TimePoint());
    for (std::uint64_t i = 0; i < kLength; ++i) bytes_ += static_cast<char>('a' + i % 26);
  }

  // The request as the service takes it; its id is that of the latest PlayerRequested.
  Asked Serve(absl::string_view target, proxy::Headers headers = {},
              absl::string_view method = "GET") {
    Asked asked = Ask(target, std::move(headers), method);
    taken_ = service_->Serve(asked.exchange, UrlOf("http://cdn.example" + std::string(target)));
    const auto requested = core_.All<PlayerRequested>();
    id_ = requested.empty() ? 0 : requested.back().request;
    return asked;
  }
  void Store(const core::SegmentRef& segment, std::uint64_t begin, std::uint64_t end) {
    ASSERT_TRUE(cache_.Store(segment, begin, bytes_.substr(begin, end - begin)).ok());
    service_->BytesStored(segment);
  }

  cache::SegmentCache cache_{4 << 20};
  StreamRegistry registry_{UrlOf("http://cdn.example"), {.name_space = "n", .ignore_path = {}}};
  FakeCore core_;
  FakePassThrough pass_through_;
  std::unique_ptr<SegmentService> service_ = std::make_unique<SegmentService>(
      SegmentService::Parts{cache_, registry_, pass_through_, core_});
  core::SegmentRef a_;
  core::SegmentRef sub_;
  std::string bytes_;
  bool taken_ = false;
  core::RequestId id_ = 0;
};

TEST_F(SegmentServiceTest, TellsTheCoreOfARequest) {
  Serve("/live/a.ts?CMCD=bl%3D2000", {{"User-Agent", "p"}});
  ASSERT_TRUE(taken_);
  const PlayerRequested requested = core_.All<PlayerRequested>().at(0);
  EXPECT_EQ(requested.segment, a_);
  EXPECT_EQ(requested.hints.buffer_length, Seconds(2));
  Serve("/live/a.ts", {{"User-Agent", "q"}});
  EXPECT_NE(core_.All<PlayerRequested>().at(1).player, requested.player);
  EXPECT_EQ(service_->figures().waiting, 2u);
}

TEST_F(SegmentServiceTest, LeavesAloneWhatItCannotAnswer) {
  Serve("/live/other.ts");
  EXPECT_FALSE(taken_);
  Serve("/live/a.ts", {}, "HEAD");
  EXPECT_FALSE(taken_);
  Serve("/live/a.ts", {{"If-None-Match", "\"x\""}});
  EXPECT_FALSE(taken_);
  Serve("/live/all.mp4");
  EXPECT_FALSE(taken_);
  // If-Range of a version that is not known: the whole resource may have to be the answer.
  Serve("/live/all.mp4", {{"Range", "bytes=5000-5999"}, {"If-Range", "\"x\""}});
  EXPECT_FALSE(taken_);
  EXPECT_TRUE(core_.events.empty());
}

TEST_F(SegmentServiceTest, AnswersFromTheCacheAsBytesCome) {
  const Asked asked = Serve("/live/a.ts");
  service_->Release(id_, kLength);
  EXPECT_EQ(asked.player->sent, "");  // nothing there yet: the CDN may still say that it has none
  Store(a_, 0, 400);
  EXPECT_EQ(asked.player->status(), "200");
  EXPECT_TRUE(asked.player->HasLine("Content-Length: 1000"));
  EXPECT_TRUE(asked.player->HasLine("Content-Type: video/mp2t"));
  EXPECT_TRUE(asked.player->HasLine("Access-Control-Allow-Origin: *"));
  EXPECT_EQ(asked.player->body(), bytes_.substr(0, 400));
  Store(a_, 700, kLength);
  EXPECT_EQ(asked.player->body().size(), 400u);
  Store(a_, 400, 700);
  EXPECT_EQ(asked.player->body(), bytes_);
  ASSERT_NE(asked.player->finished, nullptr);
  EXPECT_TRUE(core_.All<PlayerServed>().empty());
  asked.exchange->HandleServed();
  EXPECT_EQ(core_.All<PlayerServed>().at(0).request, id_);
  EXPECT_EQ(service_->figures().waiting, 0u);
}

TEST_F(SegmentServiceTest, NothingIsSentBeforeTheCoreReleasesIt) {
  const Asked asked = Serve("/live/a.ts");
  Store(a_, 0, kLength);
  EXPECT_EQ(asked.player->sent, "");
  service_->Release(id_, kLength);
  EXPECT_EQ(asked.player->body(), bytes_);
}

TEST_F(SegmentServiceTest, HonoursRangesWithinASegment) {
  registry_.FindSegment(a_)->etag = "\"e\"";
  const Asked asked = Serve("/live/a.ts", {{"Range", "bytes=10-19"}});
  service_->Release(id_, kLength);
  Store(a_, 0, kLength);
  EXPECT_EQ(asked.player->status(), "206");
  EXPECT_TRUE(asked.player->HasLine("Content-Range: bytes 10-19/1000"));
  EXPECT_TRUE(asked.player->HasLine("ETag: \"e\""));
  EXPECT_EQ(asked.player->body(), bytes_.substr(10, 10));
}

TEST_F(SegmentServiceTest, ARangeBehindTheEndIsUnsatisfiable) {
  const Asked asked = Serve("/live/a.ts", {{"Range", "bytes=1000-"}});
  service_->Release(id_, kLength);
  EXPECT_EQ(asked.player->status(), "416");
  EXPECT_TRUE(asked.player->HasLine("Content-Range: bytes */1000"));
}

TEST_F(SegmentServiceTest, CountsRangesOfSubRangesInTheResource) {
  const Asked asked = Serve("/live/all.mp4", {{"Range", "bytes=5010-5999"}});
  ASSERT_TRUE(taken_);
  service_->Release(id_, kLength);
  registry_.FindSegment(sub_)->resource_total = 9000;
  Store(sub_, 0, kLength);
  EXPECT_EQ(asked.player->status(), "206");
  EXPECT_TRUE(asked.player->HasLine("Content-Range: bytes 5010-5999/9000"));
  EXPECT_EQ(asked.player->body(), bytes_.substr(10));
}

TEST_F(SegmentServiceTest, AnEmptySegmentIsAnEmptyAnswer) {
  const Asked asked = Serve("/live/a.ts");
  service_->Release(id_, 0);
  EXPECT_EQ(asked.player->status(), "200");
  EXPECT_TRUE(asked.player->HasLine("Content-Length: 0"));
  EXPECT_NE(asked.player->finished, nullptr);
}

TEST_F(SegmentServiceTest, WritesNoMoreThanThePlayerTakes) {
  const std::uint64_t length = 2u << 20;
  bytes_.assign(length, 'x');
  const Asked asked = Serve("/live/a.ts");
  asked.player->blocked = true;
  service_->Release(id_, length);
  Store(a_, 0, length);
  EXPECT_LT(asked.player->sent.size(), 512u << 10);
  Store(a_, 0, 1);  // news of the segment is no reason to write more
  EXPECT_LT(asked.player->sent.size(), 512u << 10);
  asked.player->TakeAll(*asked.exchange);
  EXPECT_EQ(asked.player->body().size(), length);
}

TEST_F(SegmentServiceTest, TellsTheCoreWhenAPlayerLeaves) {
  const Asked asked = Serve("/live/a.ts");
  asked.exchange->HandleClosed(proxy::CloseReason::kPlayerLeft);
  EXPECT_EQ(core_.All<PlayerGone>().at(0).request, id_);
  service_->Release(id_, kLength);  // was on its way
  EXPECT_EQ(asked.player->sent, "");
}

TEST_F(SegmentServiceTest, AFailedRequestSaysWhatTheCdnSaid) {
  const Asked asked = Serve("/live/a.ts");
  service_->Fail(id_, 404);
  EXPECT_EQ(asked.player->status(), "404");
  EXPECT_EQ(core_.All<PlayerGone>().size(), 1u);
}

TEST_F(SegmentServiceTest, ARangeThatOnlyTheClientWantedIsNoErrorOfThePlayers) {
  Serve("/live/a.ts");
  service_->Fail(id_, 416);
  EXPECT_EQ(pass_through_.started.size(), 1u);
}

TEST_F(SegmentServiceTest, AnAnswerThatCannotBeCompletedIsBrokenOff) {
  const Asked asked = Serve("/live/a.ts");
  service_->Release(id_, kLength);
  Store(a_, 0, 10);
  service_->Fail(id_, 502);
  EXPECT_TRUE(asked.player->reset);
}

TEST_F(SegmentServiceTest, PassesThroughWhatTheCoreCannotCutIntoPieces) {
  const Asked asked = Serve("/live/a.ts?t=1");
  service_->RelayRequest(id_);
  ASSERT_EQ(pass_through_.started.size(), 1u);
  EXPECT_EQ(pass_through_.started[0].exchange, asked.exchange);
  EXPECT_EQ(pass_through_.started[0].url, "http://cdn.example/live/a.ts?t=1");
  EXPECT_TRUE(core_.All<PlayerServed>().empty());
  pass_through_.started[0].on_end(true);
  EXPECT_EQ(core_.All<PlayerServed>().at(0).request, id_);
}

TEST_F(SegmentServiceTest, PassesThroughTheRestOfAnAnswerThatHasBegun) {
  Serve("/live/all.mp4", {{"Range", "bytes=5000-5999"}});
  service_->Release(id_, kLength);
  Store(sub_, 0, 400);
  registry_.FindSegment(sub_)->etag = "\"e\"";
  service_->RelayRequest(id_);
  ASSERT_EQ(pass_through_.continued.size(), 1u);
  EXPECT_EQ(pass_through_.continued[0].range, (ByteRange{5400, 6000}));
  EXPECT_EQ(pass_through_.continued[0].etag, "\"e\"");
  pass_through_.continued[0].on_end(false);
  EXPECT_EQ(core_.All<PlayerGone>().at(0).request, id_);
}

TEST_F(SegmentServiceTest, WhatCouldNotBeStoredIsPassedThrough) {
  Serve("/live/a.ts");
  service_->BytesLost(a_);
  EXPECT_EQ(pass_through_.started.size(), 1u);
  Serve("/live/a.ts");
  service_->Release(id_, kLength);
  EXPECT_EQ(pass_through_.started.size(), 2u);
  service_->SegmentDropped(a_);
  Serve("/live/a.ts");
  service_->Release(id_, kLength);
  EXPECT_EQ(pass_through_.started.size(), 2u);
}

TEST_F(SegmentServiceTest, AnAnswerWhoseBytesAreDroppedIsNotGoneOnWith) {
  const Asked begun = Serve("/live/a.ts");
  service_->Release(id_, kLength);
  Store(a_, 0, 10);
  const Asked released = Serve("/live/a.ts", {{"Range", "bytes=500-"}});
  service_->Release(id_, kLength);
  const Asked held = Serve("/live/a.ts");
  cache_.Drop(a_);
  service_->SegmentDropped(a_);
  EXPECT_TRUE(begun.player->reset);
  EXPECT_EQ(core_.All<PlayerGone>().at(0).request, core_.All<PlayerRequested>().at(0).request);
  ASSERT_EQ(pass_through_.started.size(), 1u);
  EXPECT_EQ(pass_through_.started[0].exchange, released.exchange);
  service_->Release(id_, kLength);
  Store(a_, 0, kLength);
  EXPECT_EQ(held.player->body(), bytes_);
}

TEST_F(SegmentServiceTest, AnAnswerOfAWrongLengthIsBrokenOff) {
  const Asked asked = Serve("/live/a.ts");
  service_->Release(id_, kLength + 5);  // as a peer or a wrong answer had it
  Store(a_, 0, 10);
  registry_.FindSegment(a_)->resource_total = kLength;
  Store(a_, 10, 20);
  EXPECT_TRUE(asked.player->reset);
  EXPECT_EQ(core_.All<PlayerGone>().at(0).request, id_);
}

TEST_F(SegmentServiceTest, LearnsThePlayersTokenAndCredentials) {
  Serve("/live/a.ts?t=9&CMCD=x", {{"Cookie", "c=1"}});
  const Stream* stream = registry_.Find(a_.stream);
  EXPECT_EQ(stream->segment_query, "t=9");
  EXPECT_EQ(stream->credentials.HeadersFor(true).at(0).second, "c=1");
  EXPECT_EQ(stream->requested_last, 1u);
}

TEST_F(SegmentServiceTest, ItsEndResetsWhatIsNotAnswered) {
  Asked asked = Serve("/live/a.ts");
  service_->Release(id_, kLength);
  Store(a_, 0, 10);
  service_.reset();
  asked.exchange.reset();
  EXPECT_TRUE(asked.player->reset);
  EXPECT_TRUE(core_.All<PlayerGone>().empty());
}

}  // namespace
}  // namespace shoal::runtime
