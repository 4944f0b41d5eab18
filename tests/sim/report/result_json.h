// Results as JSON, for scripts. Keys are the names of Result's fields, which say what they mean;
// `trace` is 16 hexadecimal digits, and `seconds` an object of equally long lists, one entry a
// second.
// Threads: any.
#ifndef SHOAL_TESTS_SIM_REPORT_RESULT_JSON_H_
#define SHOAL_TESTS_SIM_REPORT_RESULT_JSON_H_

#include <span>
#include <string>

#include "tests/sim/result.h"

namespace shoal::sim {

// One result: an object of its fields. Several, of one scenario: an object with `scenario`,
// `viewers`, `seeds`, `median` and `worst` of every figure, and the objects of all in `runs`.
// REQUIRES: there is one.
std::string ResultsJson(std::span<const Result> results);

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_REPORT_RESULT_JSON_H_
