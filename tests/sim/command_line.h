// What shoal-sim is told on its command line, in the environment and in a scenario file.
#ifndef SHOAL_TESTS_SIM_COMMAND_LINE_H_
#define SHOAL_TESTS_SIM_COMMAND_LINE_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "tests/sim/scenario.h"

namespace shoal::sim {

// What to do besides the scenario.
struct CommandLine {
  Scenario scenario;  // its seed is the first
  std::uint32_t seeds = 1;
  bool list = false;
  std::string json_file;    // empty: none; "-": standard output, in place of the summary
  std::string plot_folder;  // empty: no charts
  std::string scenario_folder;
};

// Reads it all. nullopt: go on. Otherwise the exit status, after --help, or after one line on `err`
// that names the option, or the file, the line and the option, and the fault.
std::optional<int> ReadCommandLine(int argc, const char* const* argv, CommandLine& line,
                                   std::ostream& out, std::ostream& err);

// A table of the scenarios in `folder`, with their descriptions; those that cannot be read say so.
std::string ScenarioTable(const std::string& folder);

// The very command, quoted for a shell, but for one seed and without files to write.
std::string ReplayCommand(int argc, const char* const* argv, std::uint64_t seed);

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_COMMAND_LINE_H_
