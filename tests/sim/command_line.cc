#include "tests/sim/command_line.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/cli/program_options.h"
#include "tests/sim/config/scenario_file.h"
#include "tests/sim/config/scenario_options.h"

namespace shoal::sim {
namespace {

constexpr char kProgram[] = "shoal-sim";
constexpr char kFolderOption[] = "--scenario-dir";
constexpr std::uint32_t kSeedsMax = 1000;
// Which say what is written where, or are said anew: not part of a replay.
constexpr absl::string_view kNotReplayed[] = {"--seed", "--seeds", "--json", "--plot"};

// The folder of scenarios as far as it is known while the command line is still being read.
std::string FolderFrom(const CLI::Option& option, const std::string& fallback) {
  if (!option.empty()) return option.as<std::string>();
  const char* variable = std::getenv(ProgramOptions::EnvironmentName(kFolderOption).c_str());
  return variable != nullptr && *variable != '\0' ? variable : fallback;
}

std::string Quoted(absl::string_view word) {
  const auto plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("-_./:,=%@+").find(c) != absl::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string(word);
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace

std::optional<int> ReadCommandLine(int argc, const char* const* argv, CommandLine& line,
                                   std::ostream& out, std::ostream& err) {
  ProgramOptions options(
      kProgram,
      "Simulates swarms of viewers, each with the real client's core, a network between them and "
      "a CDN, and says what came from where. Every option below \"Scenario\" is also a line of a "
      "scenario file; what stands on the command line wins.");
  options.Group("What to run");
  const std::string default_folder = line.scenario_folder;
  // NameFileBy's function runs while the command line is read, before values are assigned.
  const CLI::Option* folder = nullptr;
  options.NameFileBy(
      "--scenario", "NAME",
      [&folder, &default_folder](const std::string& name) {
        return FindScenario(FolderFrom(*folder, default_folder), name);
      },
      "The scenario: a name that --list shows, or the path of a file (with a '/' in it).");
  options.AddFlag("--list", line.list, "Print a table of all scenarios and exit.")
      ->configurable(false);
  folder =
      options.Add(kFolderOption, "DIR", line.scenario_folder, "Where scenarios are found by name.")
          ->configurable(false);
  options.Add("--seeds", "N", line.seeds, "Run with this many seeds, from --seed on.")
      ->check(CLI::Range(1u, kSeedsMax))
      ->configurable(false);
  options.Group("What to write");
  options
      .Add("--json", "FILE", line.json_file,
           "Write all figures and the time series to this file; - is standard output.")
      ->configurable(false);
  options
      .Add("--plot", "DIR", line.plot_folder,
           "Draw charts into this folder (with gnuplot); of several seeds, those of the first.")
      ->configurable(false);
  ScenarioOptions scenario_options(options, line.scenario);
  if (const std::optional<int> status = options.Parse(argc, argv, out, err)) return status;
  if (line.list) return std::nullopt;
  const absl::Status fault = options.file().empty()
                                 ? absl::InvalidArgumentError("--scenario is required, or --list")
                                 : scenario_options.Finish();
  if (!fault.ok()) {
    err << kProgram << ": " << fault.message();
    if (!options.file().empty()) err << " (scenario file: " << options.file() << ")";
    err << " (see " << kProgram << " --help)\n";
    return kExitUsage;
  }
  line.scenario.name = ScenarioName(options.file());
  return std::nullopt;
}

std::string ScenarioTable(const std::string& folder) {
  const absl::StatusOr<std::vector<std::string>> files = ListScenarioFiles(folder);
  if (!files.ok()) return absl::StrCat(files.status().message(), "\n");
  std::size_t width = 0;
  for (const std::string& file : *files) width = std::max(width, ScenarioName(file).size());
  std::string out;
  for (const std::string& file : *files) {
    const absl::StatusOr<Scenario> scenario = ReadScenario(file);
    absl::StrAppendFormat(&out, "%-*s  %s\n", static_cast<int>(width), ScenarioName(file),
                          scenario.ok()
                              ? scenario->description
                              : absl::StrCat("cannot be read: ", scenario.status().message()));
  }
  return out;
}

std::string ReplayCommand(int argc, const char* const* argv, std::uint64_t seed) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    const absl::string_view word = argv[i];
    const auto* left_out =
        std::find_if(std::begin(kNotReplayed), std::end(kNotReplayed), [word](auto option) {
          return word == option || absl::StartsWith(word, absl::StrCat(option, "="));
        });
    if (i == 0 || left_out == std::end(kNotReplayed)) {
      words.push_back(Quoted(word));
    } else if (word == *left_out) {
      ++i;  // its value
    }
  }
  words.push_back(absl::StrCat("--seed ", seed));
  return absl::StrJoin(words, " ");
}

}  // namespace shoal::sim
