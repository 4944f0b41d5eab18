// The tracker's figures in the form that Prometheus scrapes.
//
// Ownership: borrows table and figures. Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_METRICS_COLLECTOR_H_
#define SHOAL_TRACKER_SERVICE_METRICS_COLLECTOR_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

#include "tracker/service/membership_table.h"
#include "tracker/service/service_figures.h"

namespace shoal::service {

class MetricsCollector final : public prometheus::Collectable {
 public:
  MetricsCollector(MembershipTable& table, const ServiceFigures& figures)
      : table_(table), figures_(figures) {}

  // Families named shoal_tracker_…, units last.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  MembershipTable& table_;
  const ServiceFigures& figures_;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_METRICS_COLLECTOR_H_
