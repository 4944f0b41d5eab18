#include "tests/sim/world/simulation.h"

#include <sys/resource.h>

#include <chrono>

#include "tests/sim/world/world.h"

namespace shoal::sim {
namespace {

std::uint64_t PeakRss() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

Simulation::Simulation(const Scenario& scenario) : world_(std::make_unique<World>(scenario)) {}

Simulation::~Simulation() = default;

void Simulation::RunUntil(TimePoint time) {
  const auto begin = std::chrono::steady_clock::now();
  world_->RunUntil(time);
  wall_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TimePoint Simulation::end() const { return TimePoint(world_->scenario().length); }

std::uint32_t Simulation::viewers() const { return world_->accounts().present(); }

std::uint64_t Simulation::events() const { return world_->accounts().events(); }

Result Simulation::TakeResult() {
  Result result = world_->Sum();
  result.wall_s = wall_s_;
  result.peak_rss_bytes = PeakRss();
  return result;
}

}  // namespace shoal::sim
