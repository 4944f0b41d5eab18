// shoal-sim-reduced: simulates swarms too large for shoal-sim; see model.h and ../README.md.
#include <sys/resource.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "common/cli/program_options.h"
#include "common/time/system_clock.h"
#include "tests/sim/config/scenario_file.h"
#include "tests/sim/reduced/model.h"

namespace shoal::sim::reduced {
namespace {

constexpr std::uint32_t kViewersMax = 4'000'000;

struct CommandLine {
  std::string scenario = "steady";
  std::string folder = SHOAL_SIM_SCENARIO_DIR;
  std::uint32_t viewers = 0;
  std::uint64_t seed = 1;
  std::uint32_t seeds = 1;
  std::uint32_t warm_up = 15;
  std::uint32_t segments = 30;
  bool each = false;
};

std::optional<int> Read(int argc, const char* const* argv, CommandLine& line) {
  ProgramOptions options("shoal-sim-reduced",
                         "Simulates swarms of up to millions of viewers by a model that leaves out "
                         "more than shoal-sim's does, and says what came from the CDN.");
  options.Group("What to run");
  options.Add("--scenario", "NAME", line.scenario, "The scenario, or the path of a file.");
  options.Add("--scenario-dir", "DIR", line.folder, "Where scenarios lie.");
  options.Add("--viewers", "N", line.viewers, "How many; 0: as many as the scenario says.")
      ->check(CLI::Range(0u, kViewersMax));
  options.Add("--seed", "N", line.seed, "Where all randomness comes from.");
  options.Add("--seeds", "N", line.seeds, "Runs, with seeds from that one on.")
      ->check(CLI::Range(1u, 1000u));
  options.Add("--warm-up", "N", line.warm_up, "Segments before those that are measured.")
      ->check(CLI::Range(0u, 1000u));
  options.Add("--segments", "N", line.segments, "Segments that are measured.")
      ->check(CLI::Range(1u, 1000u));
  options.AddFlag("--each", line.each, "Says what each segment cost, too, those before included.");
  return options.Parse(argc, argv);
}

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void Tell(std::uint64_t number, const Segment& segment) {
  const auto pieces = static_cast<double>(segment.pieces);
  std::cout << absl::StrFormat(
                   "segment %d: %.3f copies, %.3f seeded, %.3f handed off\n", number,
                   static_cast<double>(segment.cdn_bytes) / static_cast<double>(segment.length),
                   static_cast<double>(segment.seeded) / pieces,
                   static_cast<double>(segment.handed_off) / pieces)
            << std::flush;
}

int Fail(const absl::Status& fault) {
  std::cerr << "shoal-sim-reduced: " << fault.message() << "\n";
  return kExitUsage;
}

int Main(int argc, const char* const* argv) {
  CommandLine line;
  if (const auto status = Read(argc, argv, line)) return *status;
  const absl::StatusOr<std::string> path = FindScenario(line.folder, line.scenario);
  if (!path.ok()) return Fail(path.status());
  absl::StatusOr<Scenario> scenario = ReadScenario(*path);
  if (!scenario.ok()) return Fail(scenario.status());
  if (line.viewers > 0) {
    // Those of the file are counted in viewers by now.
    scenario->viewers = line.viewers;
    scenario->joins = Scenario{}.joins;
  }
  if (const absl::Status lacking = ReducedModel::Check(*scenario); !lacking.ok()) {
    std::cerr << "shoal-sim-reduced: the model has no " << lacking.message() << "\n";
    return kExitUsage;
  }
  std::cout << absl::StrFormat(
      "%s, %u viewers, %u segments after %u\n"
      "seed  copies/piece  seeded  handed off  CDN share  half by  99 %% by  links  incomplete"
      "       events   wall s  peak MB\n",
      scenario->name, scenario->viewers, line.segments, line.warm_up);
  const SystemClock clock;
  std::vector<double> copies;
  for (std::uint32_t i = 0; i < line.seeds; ++i) {
    scenario->seed = line.seed + i;
    const TimePoint began = clock.Now();
    const Figures figures = ReducedModel(*scenario).Run(
        line.warm_up, line.segments, line.each ? Tell : ReducedModel::OnSegment());
    copies.push_back(figures.copies_per_piece);
    std::cout
        << absl::StrFormat(
               "%4d  %12.3f  %6.3f  %10.3f  %8.5f%%  %5.2f s  %5.2f s  %5.1f  %10d  %11d  %7.1f"
               "  %7.0f\n",
               scenario->seed, figures.copies_per_piece, figures.seeded_per_piece,
               figures.handed_off_per_piece, 100 * figures.cdn_share, figures.delay_median_s,
               figures.delay_99_s, figures.links, figures.incomplete, figures.events,
               ToSeconds(clock.Now() - began), PeakMegabytes())
        << std::flush;
  }
  std::sort(copies.begin(), copies.end());
  std::cout << absl::StrFormat("median copies of a piece: %.3f\n", copies[copies.size() / 2]);
  return kExitOk;
}

}  // namespace
}  // namespace shoal::sim::reduced

int main(int argc, char** argv) { return shoal::sim::reduced::Main(argc, argv); }
