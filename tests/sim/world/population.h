// Who the viewers are: lines, habits, faults, when they come and go. All follows from the scenario
// and a viewer's number.
//
// Shares are met by any first viewers as by all: groups of rates in turns, by largest deficit; all
// other properties by a Kronecker sequence each (multiples of an irrational number, modulo 1), so
// that they are spread evenly and have nothing to do with each other.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_POPULATION_H_
#define SHOAL_TESTS_SIM_WORLD_POPULATION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/ids.h"
#include "common/base/upload_class.h"
#include "common/time/time.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/media.h"
#include "tests/sim/world/player.h"

namespace shoal::sim {

struct Profile {
  PeerId id;
  double up = 0;  // bytes per second, of its line
  double down = 0;
  double capacity = 0;  // bytes per second that the swarm may hope for
  bool can_be_dialled = true;
  bool lies = false;
  std::optional<UploadClass> boast;  // says this, whatever it measures
  std::optional<std::uint64_t> cap;  // of its owner; see CoreConfig
  PlayerPlan plan;
  TimePoint joins{};
  std::optional<TimePoint> leaves;
  bool abruptly = false;
  bool replaced = false;  // by a newcomer, when it leaves
};

class Population {
 public:
  Population(const Scenario& scenario, const Media& media);

  // When each of the viewers joins that the scenario begins with; newcomers replace leavers.
  const std::vector<TimePoint>& joins() const { return joins_; }

  // The next viewer, counted from 0.
  Profile Next(TimePoint joins);

 private:
  // Spreads numbers over groups of given shares.
  class Turns {
   public:
    explicit Turns(std::vector<double> shares);
    std::size_t Next();

   private:
    std::vector<double> shares_;
    std::vector<double> given_;
    double all_ = 0;
  };

  bool Belongs(std::uint32_t index, std::uint32_t property, double share) const;
  TimePoint SomeTime(std::uint32_t index, std::uint32_t property, TimePoint joins) const;
  void PlanHabits(std::uint32_t index, Profile& profile) const;
  void PlanEnd(std::uint32_t index, Profile& profile) const;

  const Scenario& scenario_;
  const Media& media_;
  std::vector<TimePoint> joins_;
  std::uint32_t next_ = 0;
  Turns up_;
  Turns down_;
  Turns renditions_;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_POPULATION_H_
