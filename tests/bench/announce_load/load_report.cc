#include "tests/bench/announce_load/load_report.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"

namespace shoal::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<const char*, double> kQuantiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};

double ToMilliseconds(Duration duration) { return ToSeconds(duration) * 1000; }

// `count` ÷ `by`; nothing if there is nothing to divide by.
std::optional<double> Per(std::uint64_t count, std::optional<double> by) {
  if (!by || *by <= 0) return std::nullopt;
  return static_cast<double>(count) / *by;
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<double> BytesPerConnection(const LoadOptions& options, const LoadResult& result) {
  if (!result.resident_before_bytes || !result.resident_filled_bytes) return std::nullopt;
  return (static_cast<double>(*result.resident_filled_bytes) -
          static_cast<double>(*result.resident_before_bytes)) /
         static_cast<double>(options.connections);
}

Json Server(const LoadOptions& options, const LoadResult& result) {
  return {{"cpu_s", OrNull(result.server_cpu_s)},
          {"announces_per_cpu_s", OrNull(Per(result.answered, result.server_cpu_s))},
          {"memberships_per_cpu_s", OrNull(Per(result.memberships, result.server_cpu_s))},
          {"bytes_per_connection", OrNull(BytesPerConnection(options, result))},
          {"resident_before_bytes", OrNull(result.resident_before_bytes)},
          {"resident_end_bytes", OrNull(result.resident_end_bytes)}};
}

Json Traffic(const SocketTraffic& traffic) {
  return {{"bytes_to_server", traffic.bytes_sent},
          {"bytes_from_server", traffic.bytes_received},
          {"packets_to_server", traffic.packets_sent},
          {"packets_from_server", traffic.packets_received},
          {"wire_bytes_to_server", traffic.wire_bytes_sent()},
          {"wire_bytes_from_server", traffic.wire_bytes_received()}};
}

Json Viewing(const std::optional<ViewingFigures>& viewing) {
  if (!viewing) return nullptr;
  return {{"pieces_from_cdn", viewing->pieces_from_cdn},
          {"pieces_from_peers", viewing->pieces_from_peers},
          {"pieces_late", viewing->pieces_late},
          {"wrong_orders", viewing->wrong_orders}};
}

Json OutageJson(const std::optional<Outage>& outage) {
  if (!outage) return nullptr;
  return {{"began_s", outage->began_s},
          {"all_back_s", OrNull(outage->all_back_s)},
          {"members_back", outage->members_back},
          {"due", outage->due},
          {"failed", outage->failed}};
}

Json Latency(const LatencyHistogram& latency) {
  Json json;
  for (const auto& [name, q] : kQuantiles) json[name] = ToMilliseconds(latency.Quantile(q));
  json["max"] = ToMilliseconds(latency.max());
  return json;
}

}  // namespace

std::string LoadJson(const LoadOptions& options, const LoadResult& result) {
  Json json = {{"connections", options.connections},
               {"streams", options.streams},
               {"members", options.members},
               {"seconds", result.seconds},
               {"interrupted", result.interrupted},
               {"answered", result.answered},
               {"failed", result.failed},
               {"unfinished", result.unfinished},
               {"announces_per_s", OrNull(Per(result.answered, result.seconds))},
               {"memberships_per_announce",
                OrNull(Per(result.memberships, static_cast<double>(result.answered)))},
               {"members_per_handout",
                OrNull(Per(result.members_handed_out, static_cast<double>(result.memberships)))},
               {"latency_ms", Latency(result.latency)},
               {"server", Server(options, result)},
               {"load_cpu_s", result.own_cpu_s},
               {"traffic", Traffic(result.traffic)},
               {"viewing", Viewing(result.viewing)},
               {"outage", OutageJson(result.outage)}};
  Json series = Json::array();
  for (const LoadSecond& second : result.series) {
    series.push_back({second.due, second.answered, second.failed});
  }
  json["series"] = std::move(series);
  return json.dump(2) + "\n";
}

std::string LoadSummary(const LoadOptions& options, const LoadResult& result) {
  std::string text = absl::StrFormat(
      "%d announces answered in %.1f s (%.0f/s), %d failed, %d unfinished\n", result.answered,
      result.seconds, static_cast<double>(result.answered) / result.seconds, result.failed,
      result.unfinished);
  absl::StrAppendFormat(&text, "latency from the intended time, ms:");
  for (const auto& [name, q] : kQuantiles) {
    absl::StrAppendFormat(&text, "  %s %.2f", name, ToMilliseconds(result.latency.Quantile(q)));
  }
  absl::StrAppendFormat(&text, "  max %.2f\n", ToMilliseconds(result.latency.max()));
  if (const auto per_cpu_s = Per(result.answered, result.server_cpu_s)) {
    absl::StrAppendFormat(&text, "server: %.2f CPU seconds, %.0f announces per CPU second\n",
                          *result.server_cpu_s, *per_cpu_s);
  }
  if (const auto bytes = BytesPerConnection(options, result)) {
    absl::StrAppendFormat(&text, "server: %.1f KB a connection\n", *bytes / 1000);
  }
  absl::StrAppendFormat(&text, "the load itself took %.2f CPU seconds\n", result.own_cpu_s);
  if (!result.outage) return text;
  absl::StrAppendFormat(&text, "connections were lost at %.1f s; ", result.outage->began_s);
  if (result.outage->all_back_s) {
    absl::StrAppendFormat(&text, "all members were back %.1f s later\n",
                          *result.outage->all_back_s);
  } else {
    absl::StrAppendFormat(&text, "only %d of %d members came back\n", result.outage->members_back,
                          options.members);
  }
  return text;
}

std::string ProgressLine(const LoadProgress& progress) {
  return absl::StrFormat("%-10s %3.0f %%  %6d connections  %9d answered  %d failed", progress.phase,
                         progress.done * 100, progress.open_connections, progress.answered,
                         progress.failed);
}

}  // namespace shoal::bench
