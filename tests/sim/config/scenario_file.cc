#include "tests/sim/config/scenario_file.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/cli/program_options.h"
#include "tests/sim/config/scenario_options.h"

namespace shoal::sim {
namespace {

constexpr char kExtension[] = ".conf";

}  // namespace

std::string ScenarioName(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

absl::StatusOr<std::vector<std::string>> ListScenarioFiles(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == kExtension) files.push_back(it->path().string());
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<std::string> FindScenario(const std::string& folder, const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const absl::StatusOr<std::vector<std::string>> files = ListScenarioFiles(folder);
  if (!files.ok()) return files.status();
  std::vector<std::string> names;
  for (const std::string& file : *files) {
    if (ScenarioName(file) == name) return file;
    names.push_back(ScenarioName(file));
  }
  return absl::NotFoundError(absl::StrCat("there is no scenario \"", name.substr(0, 60), "\" in ",
                                          folder, ", only ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<Scenario> ReadScenario(const std::string& path) {
  Scenario scenario;
  ProgramOptions options("scenario", "A scenario.");
  ScenarioOptions written(options, scenario);
  const char* argv[] = {"scenario", "--config", path.c_str()};
  std::ostringstream out, err;
  if (options.Parse(static_cast<int>(std::size(argv)), argv, out, err)) {
    return absl::InvalidArgumentError(absl::StripAsciiWhitespace(err.str()));
  }
  if (absl::Status fault = written.Finish(); !fault.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", fault.message()));
  }
  scenario.name = ScenarioName(path);
  return scenario;
}

}  // namespace shoal::sim
