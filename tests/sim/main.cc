// shoal-sim: simulates swarms; see README.md.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/atomic_file.h"
#include "common/cli/program_options.h"
#include "common/time/system_clock.h"
#include "tests/sim/command_line.h"
#include "tests/sim/huge_heap.h"
#include "tests/sim/report/plots.h"
#include "tests/sim/report/progress_bar.h"
#include "tests/sim/report/result_json.h"
#include "tests/sim/report/summary.h"
#include "tests/sim/world/simulation.h"

namespace shoal::sim {
namespace {

constexpr int kExitViolated = 1;
constexpr int kExitInterrupted = 130;  // as shells have it: 128 + SIGINT
// Short enough for Ctrl-C to be felt, long enough to cost nothing.
constexpr Duration kStep = Milliseconds(250);

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

// The first Ctrl-C ends the simulation; a second ends the program, as if there were no handler.
void EndOnInterrupt() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

Result Simulate(const Scenario& scenario, const std::string& label) {
  ProgressBar bar(std::cerr, label, isatty(STDERR_FILENO) != 0);
  const SystemClock clock;
  const TimePoint began = clock.Now();
  HugeHeap heap;
  Simulation simulation(scenario);
  TimePoint now{};
  while (now < simulation.end() && !interrupted) {
    heap.Advise();
    now = std::min(now + kStep, simulation.end());
    simulation.RunUntil(now);
    bar.Show({.simulated_s = ToSeconds(now.time_since_epoch()),
              .end_s = ToSeconds(simulation.end().time_since_epoch()),
              .viewers = simulation.viewers(),
              .events = simulation.events(),
              .wall_s = ToSeconds(clock.Now() - began)});
  }
  Result result = simulation.TakeResult();
  result.partial = now < simulation.end();
  return result;
}

absl::Status Write(const CommandLine& line, const std::vector<Result>& results) {
  if (line.json_file == "-") {
    std::cout << ResultsJson(results) << std::flush;
  } else {
    std::cout << Summary(results) << std::flush;
    if (!line.json_file.empty()) {
      absl::Status written = WriteFileAtomically(line.json_file, ResultsJson(results));
      if (!written.ok()) return written;
    }
  }
  if (line.plot_folder.empty()) return absl::OkStatus();
  const double from = ToSeconds(line.scenario.measure_from.time_since_epoch());
  return Plot(results.front(), {from, from + ToSeconds(line.scenario.measure_for)},
              line.plot_folder);
}

int Fail(const absl::Status& fault) {
  std::cerr << "shoal-sim: " << fault.message() << "\n";
  return kExitUsage;
}

int Main(int argc, const char* const* argv) {
  CommandLine line;
  line.scenario_folder = SHOAL_SIM_SCENARIO_DIR;
  if (const auto status = ReadCommandLine(argc, argv, line, std::cout, std::cerr)) return *status;
  if (line.list) {
    std::cout << ScenarioTable(line.scenario_folder);
    return kExitOk;
  }
  // Before minutes have gone by.
  if (!line.plot_folder.empty()) {
    if (const absl::Status fault = CheckGnuplot(); !fault.ok()) return Fail(fault);
  }
  EndOnInterrupt();
  std::vector<Result> results;
  int status = kExitOk;
  for (std::uint32_t i = 0; i < line.seeds && !interrupted; ++i) {
    Scenario scenario = line.scenario;
    scenario.seed += i;
    std::string label = scenario.name;
    if (line.seeds > 1) label += ", seed " + std::to_string(scenario.seed);
    results.push_back(Simulate(scenario, label));
    std::cerr << ViolationsReport(results.back(), ReplayCommand(argc, argv, scenario.seed));
    if (results.back().violation_count > 0) status = kExitViolated;
  }
  if (results.empty()) return kExitInterrupted;
  if (const absl::Status fault = Write(line, results); !fault.ok()) return Fail(fault);
  return interrupted ? kExitInterrupted : status;
}

}  // namespace
}  // namespace shoal::sim

int main(int argc, char** argv) { return shoal::sim::Main(argc, argv); }
