#include "client/runtime/status.h"

#include <cstddef>
#include <nlohmann/json.hpp>

#include "absl/strings/string_view.h"
#include "common/base/quantity.h"
#include "common/base/upload_class.h"
#include "common/cli/version.h"

namespace shoal::runtime {
namespace {

// Keeps keys in the order in which they are written, for people.
using Json = nlohmann::ordered_json;

Json OptionsJson(const Options& options) {
  const core::CoreConfig& core = options.core;
  Json json = {
      {"origin", options.origin.Origin()},
      {"tracker", options.tracker},
      {"listen", options.listen},
      {"peer_listen", options.peer_listen},
      {"state_dir", options.state_dir},
      {"namespace", options.name_space},
      {"ignore_path", options.ignore_path_text},
      {"share_private", options.share_private},
      {"assignment", core::NameOf(core.assignment)},
      {"handoff", core.handoff == core::HandoffMode::kRequest ? "request" : "deadline"},
      {"cache_bytes", core.cache_bytes},
  };
  json["max_upload_bytes_per_second"] =
      core.max_upload_bytes_per_second ? Json(*core.max_upload_bytes_per_second) : Json(nullptr);
  return json;
}

Json StreamJson(const core::StreamFigures& figures, const StreamDetails& details) {
  Json handoffs;
  std::uint64_t handoffs_total = 0;
  for (std::size_t i = 0; i < core::kHandoffReasons; ++i) {
    handoffs[core::kHandoffReasonNames[i]] = figures.handoffs[i];
    handoffs_total += figures.handoffs[i];
  }
  return {
      {"swarm", figures.swarm.ToString()},
      {"playlist", details.playlist},
      {"active", figures.active},
      {"swarm_size", figures.swarm_size},
      {"members_known", figures.members_known},
      {"links", figures.links},
      {"bytes_from_cdn", figures.bytes_from_cdn},
      {"bytes_from_peers", figures.bytes_from_peers},
      {"bytes_to_peers", details.bytes_to_peers},
      {"bytes_wasted", figures.bytes_wasted},
      {"bytes_to_players", figures.bytes_to_players},
      {"segments_to_players", figures.segments_to_players},
      {"pieces_from_cdn", figures.pieces_from_cdn},
      {"pieces_from_peers", figures.pieces_from_peers},
      {"pieces_seeded", figures.pieces_seeded},
      {"pieces_handed_off", handoffs_total},
      {"handoffs", std::move(handoffs)},
      {"cdn_requests", figures.cdn_requests},
      {"cdn_errors", figures.cdn_errors},
      {"pulls", figures.pulls},
      {"pulls_timed_out", figures.pulls_timed_out},
      {"rejects_received", figures.rejects_received},
      {"rejects_sent", figures.rejects_sent},
      {"links_opened", figures.links_opened},
      {"links_failed", figures.links_failed},
      {"misbehaviours", figures.misbehaviours},
      {"startup_s", ToSeconds(figures.startup)},
      {"stalls", figures.stalls},
      {"stalled_s", ToSeconds(figures.stalled)},
      {"late_share", figures.late_share},
      {"lottery_radius", figures.lottery_radius},
  };
}

Json StreamsJson(const Snapshot& snapshot) {
  Json streams = Json::array();
  for (std::size_t i = 0; i < snapshot.core.streams.size(); ++i) {
    streams.push_back(StreamJson(snapshot.core.streams[i], snapshot.streams[i]));
  }
  return streams;
}

Json UploadJson(const core::CoreFigures& core) {
  return {
      {"bytes_per_second", core.upload_bytes_per_second},
      {"class", core.upload_class},
      {"class_known", core.upload_class != kUploadUnknown},
      {"bytes_acknowledged", core.bytes_to_peers},
  };
}

Json CdnJson(const Snapshot& snapshot) {
  return {
      {"bytes_per_second", snapshot.core.cdn_bytes_per_second},
      {"time_to_first_byte_s", ToSeconds(snapshot.core.cdn_time_to_first_byte)},
      {"requests", snapshot.cdn.requests},
      {"requests_for_segments", snapshot.fetcher.requests},
      {"body_bytes", snapshot.cdn.body_bytes},
      {"failures", snapshot.cdn.failures},
      {"redirects", snapshot.cdn.redirects},
      {"connections", snapshot.cdn.connections},
      {"active", snapshot.cdn.active},
      {"waiting", snapshot.cdn.waiting},
  };
}

Json CacheJson(const cache::CacheFigures& cache) {
  return {
      {"segments", cache.segments},
      {"bytes", cache.bytes_held},
      {"bytes_in_use", cache.bytes_in_use},
      {"bytes_repeated", cache.bytes_repeated},
      {"stores_refused", cache.stores_refused},
  };
}

Json PlayersJson(const Snapshot& snapshot) {
  return {
      {"connections", snapshot.proxy.connections},
      {"connections_refused", snapshot.proxy.refused},
      {"requests", snapshot.proxy.requests},
      {"bad_requests", snapshot.proxy.bad_requests},
      {"timed_out", snapshot.proxy.timed_out},
      {"bytes_sent", snapshot.proxy.sent_bytes},
      {"segment_requests", snapshot.segments.requests},
      {"segments_served", snapshot.segments.served},
      {"segments_abandoned", snapshot.segments.gone},
      {"segments_passed_through", snapshot.segments.relayed},
      {"segments_failed", snapshot.segments.failed},
      {"segments_waiting", snapshot.segments.waiting},
  };
}

Json LinksJson(const peer::LinkFigures& links) {
  return {
      {"open", links.links_open},
      {"dials", links.dials},
      {"dials_failed", links.dials_failed},
      {"accepted", links.links_accepted},
      {"refused", links.inbound_refused},
      {"misbehaved", links.peers_misbehaved},
      {"control_bytes_sent", links.control_bytes_sent},
      {"control_bytes_received", links.control_bytes_received},
      {"control_messages_sent", links.control_messages_sent},
      {"control_messages_received", links.control_messages_received},
      {"data_bytes_sent", links.data_bytes_sent},
      {"data_bytes_dropped", links.data_bytes_dropped},
      {"data_bytes_received", links.data_bytes_received},
  };
}

Json TrackerJson(const Snapshot& snapshot) {
  if (!snapshot.tracker) return nullptr;
  const announce::AnnounceFigures& figures = snapshot.tracker->figures;
  return {
      {"reachable", snapshot.tracker->reachable},
      {"announces", figures.announces},
      {"failures", figures.failures},
      {"bytes_sent", figures.bytes_sent},
      {"bytes_received", figures.bytes_received},
  };
}

}  // namespace

std::string StatusJson(const Snapshot& snapshot, const Options& options) {
  const absl::string_view version = Version();
  const Json json = {
      {"version", std::string(version)},
      {"uptime_s", ToSeconds(snapshot.uptime)},
      {"peer_id", snapshot.self.ToString()},
      {"listen_port", snapshot.listen_port},
      {"peer_port", snapshot.peer_port},
      {"options", OptionsJson(options)},
      {"process",
       {{"rss_bytes", snapshot.process.resident_bytes},
        {"rss_max_bytes", snapshot.process.resident_bytes_max},
        {"cpu_s", ToSeconds(snapshot.process.cpu)}}},
      {"totals",
       {{"bytes_from_cdn", snapshot.fetcher.bytes},
        {"bytes_from_peers", snapshot.links.data_bytes_received},
        {"bytes_to_peers", snapshot.links.data_bytes_sent},
        {"bytes_to_players", snapshot.segments.bytes}}},
      {"streams", StreamsJson(snapshot)},
      {"upload", UploadJson(snapshot.core)},
      {"cdn", CdnJson(snapshot)},
      {"cache", CacheJson(snapshot.cache)},
      {"players", PlayersJson(snapshot)},
      {"playlists",
       {{"requests", snapshot.playlists.requests},
        {"loads", snapshot.playlists.loads},
        {"failures", snapshot.playlists.failures},
        {"stale", snapshot.playlists.stale}}},
      {"unshared",
       {{"requests", snapshot.unshared.requests},
        {"hits", snapshot.unshared.hits},
        {"loads", snapshot.unshared.loads},
        {"entries", snapshot.unshared.entries},
        {"bytes", snapshot.unshared.bytes}}},
      {"pass_through",
       {{"requests", snapshot.relay.requests},
        {"bytes", snapshot.relay.bytes},
        {"failures", snapshot.relay.failures}}},
      {"links", LinksJson(snapshot.links)},
      {"tracker", TrackerJson(snapshot)},
  };
  // Paths come from outside and need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace shoal::runtime
