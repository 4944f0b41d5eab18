// The result of a load for programs (JSON, described in tests/bench/README.md) and for people.
//
// Threads: any.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_REPORT_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_REPORT_H_

#include <string>

#include "tests/bench/announce_load/load_options.h"
#include "tests/bench/announce_load/load_result.h"
#include "tests/bench/announce_load/load_run.h"

namespace shoal::bench {

std::string LoadJson(const LoadOptions& options, const LoadResult& result);
std::string LoadSummary(const LoadOptions& options, const LoadResult& result);

// "measuring  42 %   1000 connections   123456 answered   0 failed"
std::string ProgressLine(const LoadProgress& progress);

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_REPORT_H_
