// A run of a scenario: viewers, their clients' cores, the network between them, the CDN and the
// tracker, in simulated time.
//
//   Simulation simulation(scenario);
//   simulation.RunUntil(simulation.end());
//   Result result = simulation.TakeResult();
//
// The cores and the tracker's membership are the product's; all else is a model, described in the
// headers of this folder. Deterministic: the same scenario gives the same result and the same
// `Result::trace`, whatever the machine or compiler and however RunUntil is cut into steps; but for
// `wall_s` and `peak_rss_bytes`.
//
// Ownership: copies the scenario. Threads: not thread-safe, but several may run in several threads.
// Errors:    a scenario that makes no sense is the caller's affair; a core that misbehaves shows in
//            `Result::violations`.
#ifndef SHOAL_TESTS_SIM_WORLD_SIMULATION_H_
#define SHOAL_TESTS_SIM_WORLD_SIMULATION_H_

#include <cstdint>
#include <memory>

#include "common/time/time.h"
#include "tests/sim/result.h"
#include "tests/sim/scenario.h"

namespace shoal::sim {

class World;

class Simulation {
 public:
  explicit Simulation(const Scenario& scenario);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Lets time pass. In steps, so that a caller can show how far it is; a time in the past does
  // nothing.
  void RunUntil(TimePoint time);

  // When the scenario is over.
  TimePoint end() const;

  // Present now, and events that cores have handled so far: how much is going on.
  std::uint32_t viewers() const;
  std::uint64_t events() const;

  // What came of it, up to the time reached. Once, last.
  Result TakeResult();

  // For tests, which look at parts of it or break one.
  World& world() { return *world_; }

 private:
  const std::unique_ptr<World> world_;
  double wall_s_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_SIMULATION_H_
