#include "tests/sim/report/result_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "tests/unit/sim/report/sample_result.h"

namespace shoal::sim {
namespace {

using Json = nlohmann::json;

TEST(ResultJsonTest, HasEveryField) {
  Result result = SampleResult();
  result.violations = {"bytes lost"};
  result.violation_count = 21;
  const Json json = Json::parse(ResultsJson({&result, 1}));
  EXPECT_EQ(json["scenario"], "mixed");
  EXPECT_EQ(json["viewers"], 200);
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["partial"], false);
  EXPECT_EQ(json["cdn_share"], 0.0154);
  EXPECT_EQ(json["floor"], 0.005);
  EXPECT_EQ(json["stall_seconds_per_viewer_hour"], 0.02);
  EXPECT_EQ(json["startup_median_s"], 0.21);
  EXPECT_EQ(json["latency_median_s"], 6.5);
  EXPECT_EQ(json["waste_share"], 0.01);
  EXPECT_EQ(json["control_share"], 0.015);
  EXPECT_EQ(json["cdn_requests_per_segment"], 1.1);
  EXPECT_EQ(json["upload_fairness"], 0.8);
  EXPECT_EQ(json["upload_over_cap_max"], 0.04);
  EXPECT_DOUBLE_EQ(json["times_the_floor"], 3.08);
  EXPECT_EQ(json["stalls"], 3);
  EXPECT_EQ(json["segments"], 12'000);
  EXPECT_EQ(json["handoffs"], Json({{"deadline", 5}, {"start", 400}}));
  EXPECT_EQ(json["violations"], Json({"bytes lost"}));
  EXPECT_EQ(json["violation_count"], 21);
  EXPECT_EQ(json["events"], 1'000'000);
  EXPECT_EQ(json["trace"], "00000000000000ab");
  EXPECT_EQ(json["simulated_s"], 20);
  EXPECT_EQ(json["wall_s"], 4);
  EXPECT_EQ(json["peak_rss_bytes"], 50'000'000);
  EXPECT_EQ(json["upload_use"].size(), 4u);
}

TEST(ResultJsonTest, SecondsAreListsOfEqualLength) {
  const Result result = SampleResult();
  const Json seconds = Json::parse(ResultsJson({&result, 1}))["seconds"];
  for (const char* key :
       {"at", "viewers", "cdn_bytes", "peer_bytes", "player_bytes", "stalled_seconds"}) {
    EXPECT_EQ(seconds[key].size(), 20u) << key;
  }
  EXPECT_EQ(seconds["at"][2], 3);
  EXPECT_EQ(seconds["viewers"][2], 30);
  EXPECT_EQ(seconds["cdn_bytes"][2], 300);
  EXPECT_EQ(seconds["peer_bytes"][2], 100);
  EXPECT_EQ(seconds["player_bytes"][2], 1000);
  EXPECT_EQ(seconds["stalled_seconds"][2], 1.5);
}

TEST(ResultJsonTest, SeveralHaveMediansAndWorsts) {
  std::vector<Result> results = {SampleResult(1), SampleResult(2), SampleResult(3)};
  results[0].cdn_share = 0.02;
  results[1].cdn_share = 0.05;
  results[2].cdn_share = 0.03;
  const Json json = Json::parse(ResultsJson(results));
  EXPECT_EQ(json["scenario"], "mixed");
  EXPECT_EQ(json["seeds"], Json({1, 2, 3}));
  EXPECT_EQ(json["median"]["cdn_share"], 0.03);
  EXPECT_EQ(json["worst"]["cdn_share"], 0.05);
  ASSERT_EQ(json["runs"].size(), 3u);
  EXPECT_EQ(json["runs"][1]["seed"], 2);
}

}  // namespace
}  // namespace shoal::sim
