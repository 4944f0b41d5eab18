#include "client/runtime/unshared_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const cdn::Headers kAnHour = {{"Cache-Control", "max-age=3600"}, {"ETag", "\"e\""}};

class UnsharedServiceTest : public testing::Test {
 protected:
  UnsharedServiceTest() {
    List({{.uri = "init.mp4"}, {.uri = "all.mp4", .byte_range = ByteRange{100, 110}}});
  }

  void List(std::vector<hls::InitSection> init_sections, std::uint64_t sequence = 100) {
    hls::MediaPlaylist playlist;
    playlist.target_duration = Seconds(2);
    playlist.media_sequence = sequence;
    playlist.segments.push_back({.sequence = sequence, .uri = "a.mp4", .duration = Seconds(2)});
    playlist.init_sections = std::move(init_sections);
    registry_.Update(
        stream_->id, playlist, stream_->playlist_url, [](const hls::Url&) { return true; },
        clock_.now);
  }
  // The player's request; `served_` tells whether it was taken.
  Asked Get(const std::string& target, proxy::Headers headers = {},
            absl::string_view method = "GET") {
    Asked asked = Ask(target, std::move(headers), method);
    served_ = service_.Serve(asked.exchange, *space_.UpstreamOf(target));
    return asked;
  }
  // Answers a load with 206 for what was asked.
  void AnswerPart(std::string body, std::uint64_t total) {
    const ByteRange range = *fetcher_.asks.back().range;
    fetcher_.AnswerHead({.status = 206,
                         .headers = kAnHour,
                         .content_length = body.size(),
                         .content_range = cdn::ContentRange{range, total}},
                        body);
  }

  bool served_ = false;
  FakeClock clock_;
  FakePassThrough pass_through_;
  FakeResourceFetcher fetcher_;
  UrlSpace space_{UrlOf("http://cdn.example")};
  StreamRegistry registry_{UrlOf("http://cdn.example"), {.name_space = "n", .ignore_path = {}}};
  Stream* stream_ = registry_.Open(UrlOf("http://cdn.example/live/p.m3u8"));
  UnsharedService service_{{.fetcher = fetcher_,
                            .registry = registry_,
                            .space = space_,
                            .pass_through = pass_through_,
                            .clock = clock_,
                            .cache_bytes = 64 << 10}};  // 8 KiB of it here, 4 KiB an object
};

const char kInit[] = "/live/init.mp4";

TEST_F(UnsharedServiceTest, OneRequestServesAllPlayersWhileTheAnswerIsFresh) {
  const Asked first = Get(kInit);
  const Asked second = Get(kInit);
  EXPECT_EQ(first.player->sent, "");
  ASSERT_THAT(fetcher_.asks, SizeIs(1));
  fetcher_.Answer(200, "moov", kAnHour);
  clock_.now += Seconds(3599);
  const Asked third = Get(kInit);
  for (const Asked* asked : {&first, &second, &third}) {
    EXPECT_EQ(asked->player->status(), "200");
    EXPECT_EQ(asked->player->body(), "moov");
    EXPECT_TRUE(asked->player->HasLine("ETag: \"e\""));
    EXPECT_TRUE(asked->player->HasLine("Access-Control-Allow-Origin: *"));
  }
  EXPECT_TRUE(third.player->HasLine("Age: 3599"));
  EXPECT_THAT(fetcher_.asks, SizeIs(1));
  clock_.now += Seconds(1);
  Get(kInit);
  EXPECT_THAT(fetcher_.asks, SizeIs(2));
}

TEST_F(UnsharedServiceTest, WithoutALifetimeItIsFreshForAMoment) {
  Get(kInit);
  fetcher_.Answer(200, "moov");
  clock_.now += kUnsharedFreshFor - Milliseconds(1);
  EXPECT_EQ(Get(kInit).player->body(), "moov");
  clock_.now += Milliseconds(1);
  Get(kInit);
  EXPECT_THAT(fetcher_.asks, SizeIs(2));
}

TEST_F(UnsharedServiceTest, RangesAreServedFromTheWhole) {
  const Asked asked = Get(kInit, {{"Range", "bytes=2-3"}});
  EXPECT_EQ(fetcher_.asks.back().range, std::nullopt);
  EXPECT_EQ(cdn::FindHeader(fetcher_.asks.back().headers, "Range"), nullptr);
  fetcher_.Answer(200, "0123456789", kAnHour);
  EXPECT_EQ(asked.player->status(), "206");
  EXPECT_EQ(asked.player->body(), "23");
  EXPECT_TRUE(asked.player->HasLine("Content-Range: bytes 2-3/10"));
  EXPECT_EQ(Get(kInit, {{"Range", "bytes=0-"}}).player->body(), "0123456789");
  EXPECT_EQ(Get(kInit, {{"Range", "bytes=10-"}}).player->status(), "416");
  EXPECT_THAT(fetcher_.asks, SizeIs(1));
}

TEST_F(UnsharedServiceTest, ASubRangeIsKeptByItself) {
  const Asked asked = Get("/live/all.mp4", {{"Range", "bytes=100-109"}});
  EXPECT_EQ(fetcher_.asks.back().range, (ByteRange{100, 110}));
  AnswerPart("abcdefghij", 5000);
  EXPECT_EQ(asked.player->status(), "206");
  EXPECT_TRUE(asked.player->HasLine("Content-Range: bytes 100-109/5000"));
  EXPECT_EQ(Get("/live/all.mp4", {{"Range", "bytes=102-103"}}).player->body(), "cd");
  EXPECT_THAT(fetcher_.asks, SizeIs(1));
  Get("/live/all.mp4");
  EXPECT_FALSE(served_);
}

TEST_F(UnsharedServiceTest, LeavesToOthersWhatItMustNotOrCannotAnswer) {
  Get("/live/a.mp4");
  EXPECT_FALSE(served_) << "a segment";
  Get(kInit, {{"Authorization", "Basic x"}});
  EXPECT_FALSE(served_);
  Get(kInit, {{"If-None-Match", "\"e\""}});
  EXPECT_FALSE(served_);
  Get(kInit, {{"If-Range", "\"e\""}, {"Range", "bytes=0-1"}});
  EXPECT_FALSE(served_);
  Get(kInit, {}, "HEAD");
  EXPECT_FALSE(served_);
  EXPECT_THAT(fetcher_.asks, IsEmpty());
}

TEST_F(UnsharedServiceTest, WhatIsOneViewersGoesToThatOneOnly) {
  for (const char* field : {"Set-Cookie", "Cache-Control", "Vary"}) {
    const std::string target = absl::StrCat(kInit, "?", field);
    const std::string value = field == std::string("Vary") ? "Cookie" : "private";
    const Asked first = Get(target);
    const Asked second = Get(target);
    pass_through_.started.clear();
    fetcher_.Answer(200, "own", {{field, value}});
    EXPECT_EQ(first.player->body(), "own");
    EXPECT_EQ(second.player->sent, "");
    EXPECT_THAT(pass_through_.started, SizeIs(1));
    Get(target);
    EXPECT_FALSE(served_) << "known to be of no use for " << field;
  }
}

TEST_F(UnsharedServiceTest, AnswersThatMustBeAskedForEachTimeServeWhoWaited) {
  const Asked first = Get(kInit);
  const Asked second = Get(kInit);
  fetcher_.Answer(200, "moov", {{"Cache-Control", "no-cache"}});
  EXPECT_EQ(first.player->body(), "moov");
  EXPECT_EQ(second.player->body(), "moov");
  Get(kInit);
  EXPECT_THAT(fetcher_.asks, SizeIs(2));
}

TEST_F(UnsharedServiceTest, AnotherQueryIsAnotherObjectButForWhatThePlayerTellsOfItself) {
  Get("/live/init.mp4?t=1");
  fetcher_.Answer(200, "one", kAnHour);
  EXPECT_EQ(Get("/live/init.mp4?t=1&CMCD=bl%3D100").player->body(), "one");
  EXPECT_THAT(fetcher_.asks, SizeIs(1));
  Get("/live/init.mp4?t=2");
  EXPECT_THAT(fetcher_.asks, SizeIs(2));
}

TEST_F(UnsharedServiceTest, AnObjectIsAskedForAgainWhenTheStreamBeganAnew) {
  Get(kInit);
  fetcher_.Answer(200, "old", kAnHour);
  clock_.now += Seconds(10);
  List({{.uri = "init.mp4"}}, 1);
  const Asked asked = Get(kInit);
  ASSERT_THAT(fetcher_.asks, SizeIs(2));
  fetcher_.Answer(200, "new", kAnHour);
  EXPECT_EQ(asked.player->body(), "new");
}

TEST_F(UnsharedServiceTest, WhatIsNoLongerListedIsNotServed) {
  Get(kInit);
  fetcher_.Answer(200, "old", kAnHour);
  List({{.uri = "init2.mp4"}});
  Get(kInit);
  EXPECT_FALSE(served_);
}

TEST_F(UnsharedServiceTest, ErrorsReachWhoWaitedAndAreNotKept) {
  const Asked first = Get(kInit);
  const Asked second = Get(kInit);
  fetcher_.Answer(404, "no such");
  EXPECT_EQ(first.player->status(), "404");
  EXPECT_EQ(second.player->body(), "no such");
  const Asked third = Get(kInit);
  fetcher_.Fail(cdn::FetchOutcome::kTimedOut);
  EXPECT_EQ(third.player->status(), "504");
  Get(kInit);
  EXPECT_THAT(fetcher_.asks, SizeIs(3));
}

TEST_F(UnsharedServiceTest, WhatIsTooLargePassesThroughFromThenOn) {
  Get(kInit);
  EXPECT_EQ(fetcher_.asks.back().body_limit, 4096u);
  fetcher_.Fail(cdn::FetchOutcome::kTooLarge);
  EXPECT_THAT(pass_through_.started, SizeIs(1));
  Get(kInit);
  EXPECT_FALSE(served_);
  clock_.now += kUnsharedRefusedFor;
  Get(kInit);
  EXPECT_TRUE(served_);
}

TEST_F(UnsharedServiceTest, KeepsWithinItsBudgetWhatWasUsedLast) {
  for (const char* query : {"?1", "?2", "?3", "?4"}) {
    Get(absl::StrCat(kInit, query));
    fetcher_.Answer(200, std::string(1500, 'x'), kAnHour);
    clock_.now += Seconds(1);
    Get(absl::StrCat(kInit, "?1"));
    EXPECT_LE(service_.figures().bytes, 8u << 10);
  }
  EXPECT_EQ(service_.figures().entries, 3u);
  EXPECT_THAT(fetcher_.asks, SizeIs(4)) << "the first is used all the time, and stays";
  Get(absl::StrCat(kInit, "?2"));
  EXPECT_THAT(fetcher_.asks, SizeIs(5));
}

TEST_F(UnsharedServiceTest, SendsTheCdnNoConditionAndNoCoding) {
  Get(kInit, {{"Accept-Encoding", "gzip"}, {"Cookie", "a=b"}, {"Range", "bytes=0-1"}});
  const cdn::Headers& sent = fetcher_.asks.back().headers;
  EXPECT_EQ(*cdn::FindHeader(sent, "Cookie"), "a=b");
  EXPECT_EQ(*cdn::FindHeader(sent, "Accept-Encoding"), "identity");
  EXPECT_EQ(cdn::FindHeader(sent, "Range"), nullptr);
  EXPECT_FALSE(fetcher_.asks.back().accept_gzip);
}

}  // namespace
}  // namespace shoal::runtime
