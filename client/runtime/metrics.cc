#include "client/runtime/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/cli/version.h"

namespace shoal::runtime {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Families in the order in which they are first named.
class Families {
 public:
  void Counter(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    prometheus::ClientMetric metric = Labelled(std::move(labels));
    metric.counter.value = value;
    Add(absl::StrCat("shoal_client_", name, "_total"), help, prometheus::MetricType::Counter,
        std::move(metric));
  }

  void Gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    prometheus::ClientMetric metric = Labelled(std::move(labels));
    metric.gauge.value = value;
    Add(absl::StrCat("shoal_client_", name), help, prometheus::MetricType::Gauge,
        std::move(metric));
  }

  const std::vector<prometheus::MetricFamily>& all() const { return families_; }

 private:
  static prometheus::ClientMetric Labelled(Labels labels) {
    prometheus::ClientMetric metric;
    for (auto& [name, value] : labels) {
      metric.label.push_back({.name = std::move(name), .value = std::move(value)});
    }
    return metric;
  }

  void Add(const std::string& name, const std::string& help, prometheus::MetricType type,
           prometheus::ClientMetric metric) {
    const auto [it, inserted] = index_.emplace(name, families_.size());
    if (inserted) families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
    families_[it->second].metric.push_back(std::move(metric));
  }

  std::vector<prometheus::MetricFamily> families_;
  std::map<std::string, std::size_t> index_;
};

void AddProcess(const Snapshot& snapshot, Families& families) {
  families.Gauge("build_info", "Always 1; the label says which version runs.", 1,
                 {{"version", std::string(Version())}});
  families.Gauge("uptime_seconds", "Since the start.", ToSeconds(snapshot.uptime));
  families.Gauge("resident_memory_bytes", "Resident memory of the process.",
                 static_cast<double>(snapshot.process.resident_bytes));
  families.Counter("cpu_seconds", "CPU time of the process, user and system.",
                   ToSeconds(snapshot.process.cpu));
}

void AddTotals(const Snapshot& snapshot, Families& families) {
  const auto count = [&families](const char* name, const char* help, std::uint64_t value) {
    families.Counter(name, help, static_cast<double>(value));
  };
  count("bytes_from_cdn", "Segment bytes received from the CDN.", snapshot.fetcher.bytes);
  count("bytes_from_peers", "Segment bytes received from peers.",
        snapshot.links.data_bytes_received);
  count("bytes_to_peers", "Segment bytes sent to peers.", snapshot.links.data_bytes_sent);
  count("bytes_to_players", "Segment bytes handed to players.", snapshot.segments.bytes);
  count("segments_served", "Segment requests of players answered to the end.",
        snapshot.segments.served);
  count("segments_failed", "Segment requests of players answered with an error.",
        snapshot.segments.failed);
  count("cdn_requests", "Requests sent to the CDN, for anything.", snapshot.cdn.requests);
  count("cdn_segment_requests", "Requests sent to the CDN for segments.",
        snapshot.fetcher.requests);
  count("cdn_failures", "Transfers from the CDN that did not end well.", snapshot.cdn.failures);
  count("playlist_loads", "Playlists loaded from the CDN.", snapshot.playlists.loads);
  count("playlist_failures", "Playlist loads that gave no playlist.", snapshot.playlists.failures);
  count("unshared_requests", "Requests of players for init sections and parts.",
        snapshot.unshared.requests);
  count("unshared_loads", "Init sections and parts loaded from the CDN.", snapshot.unshared.loads);
  count("pass_through_bytes", "Bytes passed through for what is no listed segment.",
        snapshot.relay.bytes);
  count("player_requests", "Requests of players.", snapshot.proxy.requests);
  count("player_bad_requests", "Requests of players that were refused.",
        snapshot.proxy.bad_requests);
  count("peers_misbehaved", "Links ended because the peer broke the protocol.",
        snapshot.links.peers_misbehaved);
  count("announces", "Calls to the tracker.", snapshot.core.announces);
  count("announces_failed", "Calls to the tracker that failed.", snapshot.core.announces_failed);
}

void AddPresent(const Snapshot& snapshot, Families& families) {
  families.Gauge("player_connections", "Connections of players, now.",
                 static_cast<double>(snapshot.proxy.connections));
  families.Gauge("links", "Links to peers, now.", static_cast<double>(snapshot.links.links_open));
  families.Gauge("cache_bytes", "Segment bytes held, now.",
                 static_cast<double>(snapshot.cache.bytes_held));
  families.Gauge("upload_bytes_per_second", "Own upload as measured; 0 while not known.",
                 snapshot.core.upload_bytes_per_second);
  families.Gauge("cdn_bytes_per_second", "The CDN's rate as measured.",
                 snapshot.core.cdn_bytes_per_second);
  families.Gauge("cdn_time_to_first_byte_seconds", "The CDN's mean time to first byte.",
                 ToSeconds(snapshot.core.cdn_time_to_first_byte));
  if (snapshot.tracker) {
    families.Gauge("tracker_reachable", "1 if the last announce was answered.",
                   snapshot.tracker->reachable ? 1 : 0);
  }
}

void AddStream(const core::StreamFigures& figures, Families& families) {
  const Labels swarm = {{"swarm", figures.swarm.ToString()}};
  const auto count = [&](const char* name, const char* help, std::uint64_t value) {
    families.Counter(name, help, static_cast<double>(value), swarm);
  };
  families.Gauge("stream_active", "1 while a player asks for the stream.", figures.active, swarm);
  families.Gauge("stream_swarm_size", "Members of the swarm, as the tracker last said.",
                 figures.swarm_size, swarm);
  families.Gauge("stream_links", "Links in the swarm, now.", figures.links, swarm);
  families.Gauge("stream_late_share", "Moving share of pieces handed off late.", figures.late_share,
                 swarm);
  families.Gauge("stream_startup_seconds", "First segment request to its last byte.",
                 ToSeconds(figures.startup), swarm);
  count("stream_bytes_from_cdn", "Bytes of use from the CDN.", figures.bytes_from_cdn);
  count("stream_bytes_from_peers", "Bytes of use from peers.", figures.bytes_from_peers);
  count("stream_bytes_wasted", "Bytes received twice or of no use.", figures.bytes_wasted);
  count("stream_bytes_to_players", "Bytes of segments served.", figures.bytes_to_players);
  count("stream_pieces_seeded", "Pieces fetched from the CDN for the swarm.",
        figures.pieces_seeded);
  count("stream_cdn_requests", "Requests for segments.", figures.cdn_requests);
  count("stream_pulls", "Pulls from peers.", figures.pulls);
  count("stream_pulls_timed_out", "Pulls that timed out.", figures.pulls_timed_out);
  count("stream_stalls", "Stalls, as the playhead estimate sees them.", figures.stalls);
  families.Counter("stream_stalled_seconds", "Time stalled, by the same estimate.",
                   ToSeconds(figures.stalled), swarm);
  for (std::size_t i = 0; i < core::kHandoffReasons; ++i) {
    Labels labels = swarm;
    labels.emplace_back("reason", core::kHandoffReasonNames[i]);
    families.Counter("stream_handoffs", "Pieces handed off to the CDN, by reason.",
                     static_cast<double>(figures.handoffs[i]), std::move(labels));
  }
}

}  // namespace

std::string MetricsText(const Snapshot& snapshot) {
  Families families;
  AddProcess(snapshot, families);
  AddTotals(snapshot, families);
  AddPresent(snapshot, families);
  for (const core::StreamFigures& stream : snapshot.core.streams) AddStream(stream, families);
  return prometheus::TextSerializer().Serialize(families.all());
}

}  // namespace shoal::runtime
