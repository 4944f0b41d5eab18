// Results as a table for people. Threads: any.
#ifndef SHOAL_TESTS_SIM_REPORT_SUMMARY_H_
#define SHOAL_TESTS_SIM_REPORT_SUMMARY_H_

#include <span>
#include <string>

#include "tests/sim/result.h"

namespace shoal::sim {

// The figures with their units; of several results, medians and worsts side by side.
// REQUIRES: there is one.
std::string Summary(std::span<const Result> results);

// What invariants did not hold, and `command`, which shows it again. Empty if all held.
std::string ViolationsReport(const Result& result, const std::string& command);

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_REPORT_SUMMARY_H_
