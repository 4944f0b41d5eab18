#include "tests/sim/report/figures.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_format.h"

namespace shoal::sim {
namespace {

constexpr Figure kFigures[] = {
    {"cdn_share", "share of the bytes that came from the CDN", FigureUnit::kShare,
     &Result::cdn_share},
    {"floor", "  the least possible", FigureUnit::kShare, &Result::floor},
    {"stall_seconds_per_viewer_hour", "stalls, per hour of a viewer", FigureUnit::kSecondsPerHour,
     &Result::stall_seconds_per_viewer_hour},
    {"startup_median_s", "start-up (median)", FigureUnit::kSeconds, &Result::startup_median_s},
    {"latency_median_s", "latency (median)", FigureUnit::kSeconds, &Result::latency_median_s},
    {"waste_share", "received in vain", FigureUnit::kShare, &Result::waste_share},
    {"control_share", "messages other than data", FigureUnit::kShare, &Result::control_share},
    {"cdn_requests_per_segment", "CDN requests per segment", FigureUnit::kRatio,
     &Result::cdn_requests_per_segment},
    {"upload_fairness", "fairness of uploads (Jain; 1: all alike)", FigureUnit::kRatio,
     &Result::upload_fairness, false},
    {"upload_over_cap_max", "most above an upload cap in a second", FigureUnit::kShare,
     &Result::upload_over_cap_max},
};

}  // namespace

std::span<const Figure> Figures() { return kFigures; }

std::string FormatFigure(FigureUnit unit, double value) {
  switch (unit) {
    case FigureUnit::kShare:
      return absl::StrFormat("%.2f %%", 100 * value);
    case FigureUnit::kSeconds:
      return absl::StrFormat("%.3f s", value);
    case FigureUnit::kSecondsPerHour:
      return absl::StrFormat("%.3f s", value);
    case FigureUnit::kRatio:
      return absl::StrFormat("%.3f", value);
  }
  return "";
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double MedianOf(const Figure& figure, std::span<const Result> results) {
  std::vector<double> values;
  for (const Result& result : results) values.push_back(result.*figure.value);
  return Median(std::move(values));
}

double WorstOf(const Figure& figure, std::span<const Result> results) {
  double worst = 0;
  bool first = true;
  for (const Result& result : results) {
    const double value = result.*figure.value;
    if (first || (value > worst) == figure.more_is_worse) worst = value;
    first = false;
  }
  return worst;
}

double TimesTheFloor(const Result& result) {
  return result.floor > 0 ? result.cdn_share / result.floor : 0;
}

}  // namespace shoal::sim
