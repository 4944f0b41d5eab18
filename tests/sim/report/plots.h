// Charts of a result, drawn by gnuplot: PNG files, with the data and the scripts that made them
// beside them, so that a script can be changed and run again by hand.
//
//   cdn_share.png   the CDN's share over time (sums of 10 s), and the least possible
//   sources.png     where the bytes came from over time, in per cent
//   stalls.png      how many stood still, and the sum of it
//   fairness.png    what part of its line each viewer gave, in order
//
// Threads: any.
#ifndef SHOAL_TESTS_SIM_REPORT_PLOTS_H_
#define SHOAL_TESTS_SIM_REPORT_PLOTS_H_

#include <string>

#include "absl/status/status.h"
#include "tests/sim/result.h"

namespace shoal::sim {

// Error if gnuplot cannot be run: to be asked before a long simulation.
absl::Status CheckGnuplot();

// What the figures were measured over, in seconds of simulated time.
struct MeasuredTime {
  double from = 0;
  double to = 0;
};

// Draws into `folder`, which is made if it is missing; files of these names are overwritten.
absl::Status Plot(const Result& result, const MeasuredTime& measured, const std::string& folder);

// The tables that are drawn: columns apart by tabs, the first line their names.
std::string SecondsTable(const Result& result);
std::string UploadUseTable(const Result& result);

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_REPORT_PLOTS_H_
