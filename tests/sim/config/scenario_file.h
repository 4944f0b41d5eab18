// Scenario files: one scenario each, `name = value` a line as common/cli/program_options.h reads
// it, the names being those of shoal-sim's options. A scenario is called like its file, without
// ".conf".
//
// Threads: any.
#ifndef SHOAL_TESTS_SIM_CONFIG_SCENARIO_FILE_H_
#define SHOAL_TESTS_SIM_CONFIG_SCENARIO_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/sim/scenario.h"

namespace shoal::sim {

// The path of what is called `name` in the folder `folder`; what contains a '/' is a path already.
// An error names what there is.
absl::StatusOr<std::string> FindScenario(const std::string& folder, const std::string& name);

// "mixed" for "…/mixed.conf".
std::string ScenarioName(const std::string& path);

// The files in `folder`, in order of their names.
absl::StatusOr<std::vector<std::string>> ListScenarioFiles(const std::string& folder);

// What the file at `path` says, all else by default. The error names file, line and option.
absl::StatusOr<Scenario> ReadScenario(const std::string& path);

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_CONFIG_SCENARIO_FILE_H_
