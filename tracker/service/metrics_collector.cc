#include "tracker/service/metrics_collector.h"

#include <string>
#include <utility>

namespace shoal::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Gauge(std::string name, std::string help, double value) {
  MetricFamily family{std::move(name), std::move(help), MetricType::Gauge, {}};
  family.metric.emplace_back().gauge.value = value;
  return family;
}

ClientMetric CounterValue(std::uint64_t value) {
  ClientMetric metric;
  metric.counter.value = static_cast<double>(value);
  return metric;
}

MetricFamily Counter(std::string name, std::string help, std::uint64_t value) {
  return {std::move(name), std::move(help), MetricType::Counter, {CounterValue(value)}};
}

MetricFamily AnnouncesByResult(const ServiceFigures& figures) {
  MetricFamily family{
      "shoal_tracker_announces_total", "Announces by what came of them.", MetricType::Counter, {}};
  for (const auto& [result, value] :
       {std::pair<const char*, std::uint64_t>{"ok", figures.announces},
        {"invalid", figures.invalid},
        {"exhausted", figures.exhausted}}) {
    family.metric.push_back(CounterValue(value));
    family.metric.back().label.push_back({"result", result});
  }
  return family;
}

MetricFamily DialsByResult(const DialFigures& figures) {
  MetricFamily family{"shoal_tracker_dials_total",
                      "Members dialled to find out whether they can be.",
                      MetricType::Counter,
                      {}};
  for (const auto& [result, value] :
       {std::pair<const char*, std::uint64_t>{"reached", figures.reached},
        {"failed", figures.failed},
        {"skipped", figures.skipped}}) {
    family.metric.push_back(CounterValue(value));
    family.metric.back().label.push_back({"result", result});
  }
  return family;
}

void AddConnections(const ConnectionFigures& figures, std::vector<MetricFamily>& families) {
  families.push_back(Gauge("shoal_tracker_connections", "Clients' open connections.",
                           static_cast<double>(figures.open)));
  families.push_back(Counter("shoal_tracker_connections_accepted_total",
                             "Clients' connections that were accepted.", figures.accepted));
  MetricFamily refused{"shoal_tracker_connections_refused_total",
                       "Clients' connections that were closed at once, by the limit they met.",
                       MetricType::Counter,
                       {}};
  for (const auto& [limit, value] :
       {std::pair<const char*, std::uint64_t>{"in_all", figures.refused_in_all},
        {"of_source", figures.refused_of_source},
        {"descriptors", figures.refused_for_want_of_descriptors}}) {
    refused.metric.push_back(CounterValue(value));
    refused.metric.back().label.push_back({"limit", limit});
  }
  families.push_back(std::move(refused));
}

void AddStore(const StoreFigures& figures, std::vector<MetricFamily>& families) {
  families.push_back(Gauge("shoal_tracker_store_healthy",
                           "1; 0 while changes cannot be stored, or what was stored is damaged.",
                           figures.healthy() ? 1 : 0));
  families.push_back(Gauge("shoal_tracker_store_unwritten_changes",
                           "Changes that wait to be stored.",
                           static_cast<double>(figures.unwritten)));
  families.push_back(Counter("shoal_tracker_store_failures_total", "Attempts to store that failed.",
                             figures.failures));
  families.push_back(Counter("shoal_tracker_store_lost_changes_total",
                             "Changes not stored because too many waited.", figures.lost));
  families.push_back(Gauge("shoal_tracker_restored_members", "Members known from before the start.",
                           static_cast<double>(figures.restored)));
}

}  // namespace

std::vector<MetricFamily> MetricsCollector::Collect() const {
  const membership::MembershipFigures membership_figures = table_.figures();
  const Duration interval = table_.announce_interval();
  std::vector<MetricFamily> families = {
      Gauge("shoal_tracker_members", "Members of all swarms.",
            static_cast<double>(membership_figures.members)),
      Gauge("shoal_tracker_swarms", "Swarms with at least one member.",
            static_cast<double>(membership_figures.swarms)),
      Gauge("shoal_tracker_announce_interval_seconds",
            "How long clients are told to wait between announces, before jitter.",
            ToSeconds(interval)),
      Gauge("shoal_tracker_warming", "1 while members known before a restart are put back.",
            table_.warming() ? 1 : 0),
      AnnouncesByResult(figures_),
      DialsByResult(figures_.dials),
      Counter("shoal_tracker_joins_total", "Members that joined a swarm.",
              membership_figures.joins),
      Counter("shoal_tracker_leaves_total", "Members that left a swarm with a word.",
              membership_figures.leaves),
      Counter("shoal_tracker_expirations_total", "Members that left a swarm without a word.",
              membership_figures.expirations),
      Counter("shoal_tracker_received_bytes_total", "Announce requests, serialised.",
              figures_.bytes_received),
      Counter("shoal_tracker_sent_bytes_total", "Announce responses, serialised.",
              figures_.bytes_sent),
  };
  AddConnections(figures_.connections, families);
  if (figures_.store.present) AddStore(figures_.store, families);
  return families;
}

}  // namespace shoal::service
