#include "tests/sim/report/summary.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "tests/sim/report/figures.h"

namespace shoal::sim {
namespace {

constexpr int kLabelWidth = 44;
constexpr int kValueWidth = 12;

void AppendRow(std::string& out, absl::string_view label, const std::vector<std::string>& values) {
  std::string line = absl::StrFormat("%-*s", kLabelWidth, label);
  for (const std::string& value : values) absl::StrAppendFormat(&line, "%*s", kValueWidth, value);
  line.erase(line.find_last_not_of(' ') + 1);
  absl::StrAppend(&out, line, "\n");
}

std::string Heading(std::span<const Result> results) {
  const Result& first = results.front();
  const bool partial = std::any_of(results.begin(), results.end(),
                                   [](const Result& result) { return result.partial; });
  std::string out = absl::StrCat(first.scenario, ", ", first.viewers, " viewers, ");
  if (results.size() == 1) {
    absl::StrAppend(&out, "seed ", first.seed);
  } else {
    absl::StrAppend(&out, "seeds ", first.seed, " to ", results.back().seed);
  }
  absl::StrAppendFormat(&out, ", %.0f s simulated", first.simulated_s);
  return absl::StrCat(out, partial ? " (PARTIAL: ended early)" : "", "\n");
}

// The hand-offs of all results together, by reason.
std::string Handoffs(std::span<const Result> results) {
  std::map<std::string, std::uint64_t> sums;
  std::uint64_t segments = 0;
  for (const Result& result : results) {
    for (const auto& [reason, pieces] : result.handoffs) sums[reason] += pieces;
    segments += result.segments;
  }
  std::string out;
  for (const auto& [reason, pieces] : sums) {
    AppendRow(out, absl::StrCat("  ", reason), {absl::StrCat(pieces)});
  }
  if (out.empty()) return out;
  return absl::StrCat("pieces handed off, of ", segments, " segments, whole run\n", out);
}

}  // namespace

std::string Summary(std::span<const Result> results) {
  std::string out = Heading(results);
  const bool several = results.size() > 1;
  if (several) AppendRow(out, "", {"median", "worst"});
  for (const Figure& figure : Figures()) {
    std::vector<std::string> values = {FormatFigure(figure.unit, MedianOf(figure, results))};
    if (several) values.push_back(FormatFigure(figure.unit, WorstOf(figure, results)));
    AppendRow(out, figure.label, values);
    if (figure.value != &Result::floor) continue;
    std::vector<double> times;
    for (const Result& result : results) times.push_back(TimesTheFloor(result));
    std::vector<std::string> row = {absl::StrFormat("%.2f", Median(times))};
    if (several) {
      row.push_back(absl::StrFormat("%.2f", *std::max_element(times.begin(), times.end())));
    }
    AppendRow(out, "  times the least possible", row);
  }
  absl::StrAppend(&out, Handoffs(results));

  std::uint64_t events = 0, violations = 0, peak_rss = 0;
  double wall_s = 0;
  for (const Result& result : results) {
    events += result.events;
    violations += result.violation_count;
    wall_s += result.wall_s;
    peak_rss = std::max(peak_rss, result.peak_rss_bytes);
  }
  AppendRow(out, "invariants violated", {absl::StrCat(violations)});
  absl::StrAppendFormat(&out, "%d events in %.1f s (%.0f a second), %.0f MB; trace", events, wall_s,
                        wall_s > 0 ? static_cast<double>(events) / wall_s : 0,
                        static_cast<double>(peak_rss) / 1e6);
  for (const Result& result : results) absl::StrAppendFormat(&out, " %016x", result.trace);
  return absl::StrCat(out, "\n");
}

std::string ViolationsReport(const Result& result, const std::string& command) {
  if (result.violation_count == 0) return "";
  std::string out = absl::StrCat(result.violation_count, " violations of invariants with seed ",
                                 result.seed, "; the first:\n");
  for (const std::string& violation : result.violations) {
    absl::StrAppend(&out, "  ", violation, "\n");
  }
  return absl::StrCat(out, "To see them again:\n  ", command, "\n");
}

}  // namespace shoal::sim
