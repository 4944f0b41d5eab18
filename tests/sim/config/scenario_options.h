// The options that make up a scenario, for the command line and for scenario files alike.
//
//   Scenario scenario;
//   ProgramOptions options("shoal-sim", "…");
//   ScenarioOptions written(options, scenario);
//   if (std::optional<int> status = options.Parse(argc, argv)) return *status;
//   if (absl::Status fault = written.Finish(); !fault.ok()) …
//
// Ownership: borrows both; they must outlive it. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_CONFIG_SCENARIO_OPTIONS_H_
#define SHOAL_TESTS_SIM_CONFIG_SCENARIO_OPTIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/cli/program_options.h"
#include "tests/sim/config/notation.h"
#include "tests/sim/scenario.h"

namespace shoal::sim {

class ScenarioOptions {
 public:
  // Declares all options; their defaults are what `scenario` has, joins apart: all viewers within
  // 20 s.
  ScenarioOptions(ProgramOptions& options, Scenario& scenario);
  ScenarioOptions(const ScenarioOptions&) = delete;
  ScenarioOptions& operator=(const ScenarioOptions&) = delete;

  // Completes `scenario` by what needs several options at once, and checks that they agree. Errors
  // name the option. REQUIRES: the options were parsed.
  [[nodiscard]] absl::Status Finish();

 private:
  void DeclareRun(ProgramOptions& options);
  void DeclareStream(ProgramOptions& options);
  void DeclareNetwork(ProgramOptions& options);
  void DeclareCdn(ProgramOptions& options);
  void DeclareViewers(ProgramOptions& options);
  void DeclareFaults(ProgramOptions& options);
  void DeclareClient(ProgramOptions& options);

  absl::Status FinishRates();
  absl::Status FinishJoins();
  absl::Status FinishFaults();
  absl::Status CheckTimes() const;

  Scenario& scenario_;
  // As written; Finish turns them into the scenario's own.
  Duration measure_from_;
  std::vector<WhoseRate> renditions_;
  std::vector<WhoseRate> up_;
  std::vector<WhoseRate> down_;
  std::vector<WhoWhen> joins_;
  std::vector<WhoWhen> partitions_;
  std::optional<WhoWhen> deaths_;
  std::uint64_t socket_buffer_;
};

// The words of --assignment and --handoff, as shoal-client has them.
const std::map<std::string, core::AssignmentKind>& AssignmentWords();
const std::map<std::string, core::HandoffMode>& HandoffWords();

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_CONFIG_SCENARIO_OPTIONS_H_
