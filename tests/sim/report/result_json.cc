#include "tests/sim/report/result_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "tests/sim/report/figures.h"

namespace shoal::sim {
namespace {

// Keeps the order in which keys were added: the figures first.
using Json = nlohmann::ordered_json;

Json SecondsJson(const std::vector<Second>& seconds) {
  Json at = Json::array(), viewers = Json::array(), cdn = Json::array(), peer = Json::array(),
       player = Json::array(), stalled = Json::array();
  for (const Second& second : seconds) {
    at.push_back(second.at);
    viewers.push_back(second.viewers);
    cdn.push_back(second.cdn_bytes);
    peer.push_back(second.peer_bytes);
    player.push_back(second.player_bytes);
    stalled.push_back(second.stalled_seconds);
  }
  return Json{{"at", at},           {"viewers", viewers},     {"cdn_bytes", cdn},
              {"peer_bytes", peer}, {"player_bytes", player}, {"stalled_seconds", stalled}};
}

Json ResultJson(const Result& result) {
  Json json{{"scenario", result.scenario},
            {"viewers", result.viewers},
            {"seed", result.seed},
            {"partial", result.partial}};
  for (const Figure& figure : Figures()) json[figure.key] = result.*figure.value;
  json["times_the_floor"] = TimesTheFloor(result);
  json["stalls"] = result.stalls;
  json["segments"] = result.segments;
  json["handoffs"] = result.handoffs;
  json["violations"] = result.violations;
  json["violation_count"] = result.violation_count;
  json["events"] = result.events;
  json["trace"] = absl::StrFormat("%016x", result.trace);
  json["simulated_s"] = result.simulated_s;
  json["wall_s"] = result.wall_s;
  json["peak_rss_bytes"] = result.peak_rss_bytes;
  json["upload_use"] = result.upload_use;
  json["seconds"] = SecondsJson(result.seconds);
  return json;
}

}  // namespace

std::string ResultsJson(std::span<const Result> results) {
  if (results.size() == 1) return ResultJson(results.front()).dump(1) + "\n";
  Json seeds = Json::array(), runs = Json::array();
  Json median, worst;
  for (const Result& result : results) {
    seeds.push_back(result.seed);
    runs.push_back(ResultJson(result));
  }
  for (const Figure& figure : Figures()) {
    median[figure.key] = MedianOf(figure, results);
    worst[figure.key] = WorstOf(figure, results);
  }
  return Json{{"scenario", results.front().scenario},
              {"viewers", results.front().viewers},
              {"seeds", seeds},
              {"median", median},
              {"worst", worst},
              {"runs", runs}}
             .dump(1) +
         "\n";
}

}  // namespace shoal::sim
