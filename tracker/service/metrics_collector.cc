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

}  // namespace

std::vector<MetricFamily> MetricsCollector::Collect() const {
  membership::MembershipFigures membership_figures;
  Duration interval{};
  table_.Read([&](const membership::Membership& membership, TimePoint) {
    membership_figures = membership.figures();
    interval = membership.announce_interval();
  });
  return {
      Gauge("shoal_tracker_members", "Members of all swarms.",
            static_cast<double>(membership_figures.members)),
      Gauge("shoal_tracker_swarms", "Swarms with at least one member.",
            static_cast<double>(membership_figures.swarms)),
      Gauge("shoal_tracker_announce_interval_seconds",
            "How long clients are told to wait between announces, before jitter.",
            ToSeconds(interval)),
      AnnouncesByResult(figures_),
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
}

}  // namespace shoal::service
