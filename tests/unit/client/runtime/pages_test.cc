// The pages below /-/ and who may read them.
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "client/runtime/metrics.h"
#include "client/runtime/request_router.h"
#include "client/runtime/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

Snapshot SomeSnapshot() {
  Snapshot snapshot;
  snapshot.listen_port = 8090;
  snapshot.fetcher.bytes = 100;
  snapshot.links.data_bytes_received = 300;
  core::StreamFigures stream;
  stream.swarm = *SwarmId::FromBytes("0123456789abcdef");
  stream.bytes_from_cdn = 90;
  stream.handoffs[1] = 3;
  stream.handoffs[4] = 2;
  stream.startup = Milliseconds(1500);
  snapshot.core.streams.push_back(stream);
  snapshot.streams.push_back({.playlist = "http://cdn.example/\xff.m3u8", .bytes_to_peers = 70});
  snapshot.tracker = TrackerDetails{.reachable = true, .figures = {}};
  return snapshot;
}

TEST(StatusTest, TellsTheFiguresOfEachStream) {
  const auto json =
      nlohmann::json::parse(StatusJson(SomeSnapshot(), Options(UrlOf("http://cdn.example:81"))));
  EXPECT_EQ(json["options"]["origin"], "http://cdn.example:81");
  EXPECT_EQ(json["options"]["max_upload_bytes_per_second"], nullptr);
  EXPECT_EQ(json["totals"]["bytes_from_cdn"], 100);
  EXPECT_EQ(json["totals"]["bytes_from_peers"], 300);
  const auto& stream = json["streams"].at(0);
  EXPECT_EQ(stream["swarm"], "30313233343536373839616263646566");
  EXPECT_EQ(stream["bytes_from_cdn"], 90);
  EXPECT_EQ(stream["bytes_to_peers"], 70);
  EXPECT_EQ(stream["pieces_handed_off"], 5);
  EXPECT_EQ(stream["handoffs"]["deadline"], 3);
  EXPECT_EQ(stream["startup_s"], 1.5);
  EXPECT_EQ(json["tracker"]["reachable"], true);
}

TEST(StatusTest, WithoutATrackerSaysSo) {
  Snapshot snapshot;
  const auto json =
      nlohmann::json::parse(StatusJson(snapshot, Options(UrlOf("http://cdn.example"))));
  EXPECT_EQ(json["tracker"], nullptr);
  EXPECT_TRUE(json["streams"].is_array());
}

TEST(MetricsTest, WritesPrometheusText) {
  const std::string text = MetricsText(SomeSnapshot());
  EXPECT_THAT(text, HasSubstr("# TYPE shoal_client_bytes_from_peers_total counter\n"
                              "shoal_client_bytes_from_peers_total 300\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE shoal_client_links gauge\n"));
  EXPECT_THAT(
      text, HasSubstr("shoal_client_stream_handoffs_total{swarm=\"30313233343536373839616263646566"
                      "\",reason=\"deadline\"} 3\n"));
}

class RequestRouterTest : public testing::Test {
 protected:
  FakePlayer Get(absl::string_view target, proxy::Headers headers = {},
                 absl::string_view method = "GET") {
    Asked asked = Ask(target, std::move(headers), method);
    router_.OnRequest(asked.exchange);
    return *asked.player;
  }

  FakeClock clock_;
  FakeCore core_;
  FakePassThrough pass_through_;
  FakeResourceFetcher fetcher_;
  UrlSpace space_{UrlOf("http://cdn.example")};
  StreamRegistry registry_{UrlOf("http://cdn.example"), {.name_space = "n", .ignore_path = {}}};
  cache::SegmentCache cache_{4 << 20};
  PlaylistService playlists_{{.fetcher = fetcher_,
                              .pass_through = pass_through_,
                              .space = space_,
                              .registry = registry_,
                              .sink = core_,
                              .clock = clock_}};
  SegmentService segments_{
      {.cache = cache_, .registry = registry_, .pass_through = pass_through_, .sink = core_}};
  UnsharedService unshared_{{.fetcher = fetcher_,
                             .registry = registry_,
                             .space = space_,
                             .pass_through = pass_through_,
                             .clock = clock_,
                             .cache_bytes = 4 << 20}};
  RequestRouter router_{{.space = space_,
                         .playlists = playlists_,
                         .segments = segments_,
                         .unshared = unshared_,
                         .pass_through = pass_through_,
                         .status_json = [] { return std::string("{}"); },
                         .metrics_text = [] { return std::string("m 1\n"); }}};
};

TEST_F(RequestRouterTest, ServesItsOwnPagesWithoutCors) {
  const FakePlayer status = Get("/-/status");
  EXPECT_EQ(status.status(), "200");
  EXPECT_TRUE(status.HasLine("Content-Type: application/json"));
  EXPECT_EQ(status.body(), "{}");
  EXPECT_THAT(status.sent, Not(HasSubstr("Access-Control")));
  EXPECT_EQ(Get("/-/metrics").body(), "m 1\n");
  EXPECT_EQ(Get("/-/nothing").status(), "404");
  EXPECT_EQ(Get("/-/").status(), "404");
  EXPECT_THAT(Get("/-/status", {}, "OPTIONS").sent, Not(HasSubstr("Access-Control")));
}

TEST_F(RequestRouterTest, KeepsItsOwnPagesFromForeignNames) {
  EXPECT_EQ(Get("/-/status", {{"Host", "attacker.example"}}).status(), "403");
  EXPECT_EQ(Get("/-/metrics", {{"Host", "attacker.example:8090"}}).status(), "403");
  EXPECT_EQ(Get("/-/status", {{"Host", "localhost:8090"}}).status(), "200");
  EXPECT_EQ(Get("/-/status", {{"Host", "[::1]:8090"}}).status(), "200");
}

TEST_F(RequestRouterTest, AnswersOptionsItself) {
  const FakePlayer answer = Get("/live/a.ts", {}, "OPTIONS");
  EXPECT_EQ(answer.status(), "204");
  EXPECT_TRUE(answer.HasLine("Access-Control-Allow-Origin: *"));
  EXPECT_TRUE(pass_through_.started.empty());
}

TEST_F(RequestRouterTest, SendsEachRequestToWhoeverAnswersIt) {
  Get("/live/p.m3u8");
  fetcher_.Answer(
      200, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\na.ts\n");
  Get("/live/init.mp4");
  EXPECT_EQ(fetcher_.asks.back().url.path(), "/live/init.mp4");
  Get("/live/a.ts");
  EXPECT_EQ(core_.All<core::PlayerRequested>().size(), 1u);
  Get("/live/a.ts", {}, "HEAD");
  Get("/poster.jpg?x=1");
  ASSERT_EQ(pass_through_.started.size(), 2u);
  EXPECT_EQ(pass_through_.started[0].url, "http://cdn.example/live/a.ts");
  EXPECT_EQ(pass_through_.started[1].url, "http://cdn.example/poster.jpg?x=1");
}

TEST_F(RequestRouterTest, HostsWithoutANumberAreNotFound) {
  const FakePlayer answer = Get("/-/o/1/a.ts");
  EXPECT_EQ(answer.status(), "404");
  EXPECT_TRUE(pass_through_.started.empty());
}

}  // namespace
}  // namespace shoal::runtime
