#include "client/runtime/playlist_service.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

using core::PlaylistFailed;
using core::PlaylistLoaded;
using core::PlaylistRequested;
using core::StreamOpened;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const char kPath[] = "/live/p.m3u8";

std::string Media(int first, absl::string_view segment = "a.ts") {
  return absl::StrCat("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:", first,
                      "\n#EXTINF:2,\n", segment, "\n");
}

class PlaylistServiceTest : public testing::Test {
 protected:
  Asked Serve(const std::string& target, proxy::Headers headers = {},
              absl::string_view method = "GET") {
    Asked asked = Ask(target, std::move(headers), method);
    service_.Serve(asked.exchange, *space_.UpstreamOf(target));
    return asked;
  }
  // A stream that is followed, loaded just now.
  void Follow() {
    Serve(kPath);
    fetcher_.Answer(200, Media(1), {{"ETag", "\"1\""}, {"Last-Modified", "then"}});
    core_.events.clear();
    clock_.now += Seconds(1);
  }
  core::StreamId stream() {
    return registry_.FindPlaylist(UrlOf("http://cdn.example/live/p.m3u8"))->id;
  }
  std::string LastHeader(absl::string_view name) {
    const std::string* value = cdn::FindHeader(fetcher_.asks.back().headers, name);
    return value != nullptr ? *value : "";
  }

  FakeClock clock_;
  FakeCore core_;
  FakePassThrough pass_through_;
  FakeResourceFetcher fetcher_;
  UrlSpace space_{UrlOf("http://cdn.example")};
  StreamRegistry registry_{UrlOf("http://cdn.example"), {.name_space = "n", .ignore_path = {}}};
  PlaylistService service_{{.fetcher = fetcher_,
                            .pass_through = pass_through_,
                            .space = space_,
                            .registry = registry_,
                            .sink = core_,
                            .clock = clock_}};
};

TEST_F(PlaylistServiceTest, FollowsWhatAPlayerAsksFor) {
  const Asked asked = Serve(kPath);
  fetcher_.Answer(200, Media(7), {{"Content-Type", "audio/mpegurl"}, {"ETag", "\"x\""}});
  ASSERT_THAT(core_.All<StreamOpened>(), SizeIs(1));
  ASSERT_THAT(core_.All<PlaylistLoaded>(), SizeIs(1));
  EXPECT_EQ(core_.All<PlaylistLoaded>()[0].first_sequence, 7u);
  EXPECT_EQ(asked.player->status(), "200");
  EXPECT_EQ(asked.player->body(), Media(7));
  EXPECT_TRUE(asked.player->HasLine("Content-Type: audio/mpegurl"));
  EXPECT_TRUE(asked.player->HasLine("Access-Control-Allow-Origin: *"));
  EXPECT_THAT(asked.player->sent, testing::Not(HasSubstr("\r\nETag")));
}

TEST_F(PlaylistServiceTest, PlayersJoinTheLoadUnderWay) {
  const Asked first = Serve(kPath);
  const Asked second = Serve(kPath);
  EXPECT_THAT(fetcher_.asks, SizeIs(1));
  fetcher_.Answer(200, Media(1));
  EXPECT_EQ(first.player->body(), Media(1));
  EXPECT_EQ(second.player->body(), Media(1));
}

TEST_F(PlaylistServiceTest, AFreshPlaylistAnswersAndAnOldOneIsLoadedAgain) {
  Serve(kPath);
  fetcher_.Answer(200, Media(1));
  clock_.now += kPlaylistFreshFor - Milliseconds(1);
  EXPECT_EQ(Serve(kPath).player->body(), Media(1));
  EXPECT_THAT(fetcher_.asks, SizeIs(1));
  clock_.now += Milliseconds(1);
  const Asked later = Serve(kPath);
  EXPECT_EQ(later.player->sent, "");
  EXPECT_THAT(fetcher_.asks, SizeIs(2));
}

TEST_F(PlaylistServiceTest, AnotherQueryIsNotAnsweredFromTheOldOne) {
  Serve(absl::StrCat(kPath, "?t=1"));
  fetcher_.Answer(200, Media(1));
  Serve(absl::StrCat(kPath, "?t=2"));
  ASSERT_THAT(fetcher_.asks, SizeIs(2));
  EXPECT_EQ(fetcher_.asks[1].url.ToString(), "http://cdn.example/live/p.m3u8?t=2");
  EXPECT_EQ(LastHeader("If-None-Match"), "");
}

TEST_F(PlaylistServiceTest, PollsWithThePlayersLatestCredentialsAndConditions) {
  Follow();
  Serve(absl::StrCat(kPath, "?CMCD=x"), {{"Cookie", "c=2"}});
  fetcher_.Answer(304, "");
  service_.Fetch(stream());
  ASSERT_THAT(fetcher_.asks, SizeIs(3));
  EXPECT_EQ(fetcher_.asks[2].url.ToString(), "http://cdn.example/live/p.m3u8");
  EXPECT_EQ(LastHeader("Cookie"), "c=2");
  EXPECT_EQ(LastHeader("If-None-Match"), "\"1\"");
  EXPECT_EQ(LastHeader("If-Modified-Since"), "then");
}

TEST_F(PlaylistServiceTest, AnUnchangedPlaylistIsNewsToTheCoreToo) {
  Follow();
  service_.Fetch(stream());
  fetcher_.Answer(304, "");
  ASSERT_THAT(core_.All<PlaylistLoaded>(), SizeIs(1));
  EXPECT_THAT(core_.All<PlaylistLoaded>()[0].segments, SizeIs(1));
}

TEST_F(PlaylistServiceTest, TellsTheCoreThatSomebodyStillWatches) {
  Follow();
  Serve(kPath);
  EXPECT_THAT(core_.All<PlaylistRequested>(), SizeIs(1));
}

TEST_F(PlaylistServiceTest, TheLastPlaylistServesForThreeTargetDurationsOfFailure) {
  Follow();
  const Asked early = Serve(kPath);
  fetcher_.Fail(cdn::FetchOutcome::kTimedOut);
  EXPECT_EQ(early.player->body(), Media(1));
  EXPECT_THAT(core_.All<PlaylistFailed>(), SizeIs(1));
  clock_.now += Seconds(5) + Microseconds(1);  // a second has passed before
  const Asked late = Serve(kPath);
  fetcher_.Answer(503, "busy", {{"Retry-After", "7"}});
  EXPECT_EQ(late.player->status(), "503");
  EXPECT_TRUE(late.player->HasLine("Retry-After: 7"));
  EXPECT_EQ(late.player->body(), "busy");
  EXPECT_EQ(service_.figures().stale, 1u);
}

TEST_F(PlaylistServiceTest, WithoutAnAnswerThePlayerIsToldSo) {
  const Asked silent = Serve(kPath);
  fetcher_.Fail(cdn::FetchOutcome::kTimedOut);
  EXPECT_EQ(silent.player->status(), "504");
  const Asked gone = Serve(kPath);
  fetcher_.Fail(cdn::FetchOutcome::kUnreachable);
  EXPECT_EQ(gone.player->status(), "502");
  EXPECT_THAT(core_.events, IsEmpty());
}

TEST_F(PlaylistServiceTest, UrisLeadBackToTheProxy) {
  const Asked asked = Serve(kPath);
  fetcher_.Answer(200, Media(1, "https://other.example/x/a.ts?t=1"));
  EXPECT_THAT(asked.player->body(), HasSubstr("\n/-/o/1/x/a.ts?t=1\n"));
}

TEST_F(PlaylistServiceTest, RelativeUrisResolveAgainstTheFinalUrl) {
  const Asked asked = Serve(kPath);
  fetcher_.Answer(200, Media(1), {}, "http://other.example/moved/p.m3u8");
  EXPECT_THAT(asked.player->body(), HasSubstr("\n/-/o/1/moved/a.ts\n"));
  EXPECT_EQ(registry_.FindSegment({stream(), 1})->url, "http://other.example/moved/a.ts");
}

TEST_F(PlaylistServiceTest, MultivariantPlaylistsAreShownNotFollowed) {
  const Asked asked = Serve("/m.m3u8");
  const std::string text =
      "#EXTM3U\n#EXT-X-DEFINE:NAME=\"d\",VALUE=\"dir\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://cdn.example/live/p.m3u8\n";
  fetcher_.Answer(200, text);
  EXPECT_THAT(asked.player->body(), HasSubstr("\n/live/p.m3u8\n"));
  EXPECT_THAT(core_.events, IsEmpty());

  // Its variables are there for the media playlists that import them.
  Serve(kPath);
  fetcher_.Answer(200, Media(1, "{$d}/a.ts").insert(8, "#EXT-X-DEFINE:IMPORT=\"d\"\n"));
  EXPECT_EQ(registry_.FindSegment({stream(), 1})->url, "http://cdn.example/live/dir/a.ts");
}

TEST_F(PlaylistServiceTest, WhatMakesNoSenseIsShownAsItIsAndNotFollowed) {
  const std::string text = "#EXTM3U\n#EXTINF:nonsense,\na.ts\n";
  const Asked asked = Serve(kPath);
  fetcher_.Answer(200, text);
  EXPECT_EQ(asked.player->status(), "200");
  EXPECT_EQ(asked.player->body(), text);
  EXPECT_THAT(core_.events, IsEmpty());
}

TEST_F(PlaylistServiceTest, WhatIsNoPlaylistIsShownAsItIs) {
  const Asked asked = Serve(kPath);
  fetcher_.Answer(200, "<html>", {{"Content-Type", "text/html"}, {"ETag", "\"x\""}});
  EXPECT_EQ(asked.player->body(), "<html>");
  EXPECT_TRUE(asked.player->HasLine("ETag: \"x\""));
}

TEST_F(PlaylistServiceTest, APageInPlaceOfAFollowedPlaylistIsAFailure) {
  Follow();
  const Asked asked = Serve(kPath);
  fetcher_.Answer(200, "<html>maintenance</html>");
  EXPECT_EQ(asked.player->body(), Media(1));
  EXPECT_THAT(core_.All<PlaylistFailed>(), SizeIs(1));
}

TEST_F(PlaylistServiceTest, WhatIsTooLargeIsPassedThrough) {
  const Asked asked = Serve(absl::StrCat(kPath, "?t=1"));
  fetcher_.Fail(cdn::FetchOutcome::kTooLarge);
  ASSERT_THAT(pass_through_.plain, SizeIs(1));
  EXPECT_EQ(pass_through_.plain[0].exchange, asked.exchange);
  EXPECT_EQ(pass_through_.plain[0].url, "http://cdn.example/live/p.m3u8?t=1");
}

TEST_F(PlaylistServiceTest, DeliveryDirectivesAreForThatRequestAlone) {
  Follow();
  const Asked first = Serve(absl::StrCat(kPath, "?_HLS_msn=8"));
  const Asked second = Serve(absl::StrCat(kPath, "?_HLS_msn=8"));
  ASSERT_THAT(fetcher_.asks, SizeIs(3));
  EXPECT_EQ(fetcher_.asks[2].url.ToString(), "http://cdn.example/live/p.m3u8?_HLS_msn=8");
  EXPECT_TRUE(fetcher_.asks[2].blocking);
  fetcher_.Answer(200, Media(8, "https://other.example/a.ts"));
  EXPECT_THAT(second.player->body(), HasSubstr("\n/-/o/1/a.ts\n"));
  EXPECT_EQ(first.player->sent, "");
  EXPECT_THAT(core_.All<PlaylistLoaded>(), IsEmpty());
  // The client's own polls go on without them.
  service_.Fetch(stream());
  EXPECT_EQ(fetcher_.asks.back().url.ToString(), "http://cdn.example/live/p.m3u8");
}

TEST_F(PlaylistServiceTest, AnAnswerToAPollDoesNotBringBackAStreamThatWasLeft) {
  Follow();
  const core::StreamId left = stream();
  service_.Fetch(left);
  service_.CloseStream(left);
  EXPECT_EQ(registry_.Find(left), nullptr);
  fetcher_.Answer(200, Media(2));
  EXPECT_THAT(core_.events, IsEmpty());
  // A player does.
  Serve(kPath);
  fetcher_.Answer(200, Media(3));
  EXPECT_THAT(core_.All<StreamOpened>(), SizeIs(1));
  EXPECT_NE(stream(), left);
}

TEST_F(PlaylistServiceTest, TakesOverAPlaylistThatPassThroughFound) {
  EXPECT_FALSE(service_.Expects(UrlOf("http://cdn.example/live")));
  Asked asked = Ask("/live");
  service_.ServeLoaded(asked.exchange, UrlOf("http://cdn.example/live"),
                       {.status = 206, .effective_url = "http://cdn.example/live"}, Media(1));
  EXPECT_EQ(asked.player->status(), "200");
  EXPECT_EQ(asked.player->body(), Media(1));
  EXPECT_THAT(core_.All<StreamOpened>(), SizeIs(1));
  EXPECT_TRUE(service_.Expects(UrlOf("http://cdn.example/live?t=1")));
}

TEST_F(PlaylistServiceTest, HeadGetsTheHeadOfTheRewrittenPlaylist) {
  const Asked asked = Serve(kPath, {}, "HEAD");
  fetcher_.Answer(200, Media(1), {{"Content-Length", "9999"}});
  EXPECT_TRUE(asked.player->HasLine(absl::StrCat("Content-Length: ", Media(1).size())));
  EXPECT_EQ(asked.player->body(), "");
}

TEST_F(PlaylistServiceTest, KnowsPlaylistsByTheirNames) {
  EXPECT_TRUE(service_.Expects(UrlOf("http://cdn.example/a.M3U8?x=1")));
  EXPECT_TRUE(service_.Expects(UrlOf("http://cdn.example/a.m3u")));
  EXPECT_FALSE(service_.Expects(UrlOf("http://cdn.example/a.ts?x=.m3u8")));
}

TEST_F(PlaylistServiceTest, RemembersOnlySoManyPlaylists) {
  Follow();
  for (std::size_t i = 0; i < kPlaylistsMax + 10; ++i) {
    clock_.now += Microseconds(1);
    Serve(absl::StrCat("/x", i));
    fetcher_.Answer(404, "");
  }
  EXPECT_FALSE(service_.Expects(UrlOf("http://cdn.example/x0")));
  EXPECT_TRUE(service_.Expects(UrlOf(absl::StrCat("http://cdn.example/x", kPlaylistsMax + 9))));
  service_.Fetch(stream());  // the followed one is still known, with its validators
  EXPECT_EQ(LastHeader("If-None-Match"), "\"1\"");
}

}  // namespace
}  // namespace shoal::runtime
