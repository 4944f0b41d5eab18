#include "tests/sim/world/population.h"

#include <algorithm>
#include <cmath>

#include "common/random/random.h"
#include "tests/sim/world/mix.h"

namespace shoal::sim {
namespace {

// What is drawn for a viewer, each with an irrational number of its own: the root of a prime.
enum Property : std::uint32_t {
  kUndiallable,
  kTrickling,
  kLying,
  kFreeloading,
  kPausing,
  kSeeking,
  kSwitching,
  kAbrupt,
  kPauseAt,
  kSeekAt,
  kSeekTo,
  kSwitchAt,
  kStay
};
constexpr double kRoots[] = {1.4142135623730951, 1.7320508075688772, 2.23606797749979,
                             2.6457513110645907, 3.3166247903554,    3.605551275463989,
                             4.123105625617661,  4.358898943540674};
constexpr double kTrickle = 0.01;  // of the line
// Bytes per second for the requests of those that send nothing to peers.
constexpr double kRequestsOnly = 1e6 / 8;
// Between joining and what a player does besides playing.
constexpr Duration kSettled = Seconds(10);

std::vector<double> SharesOf(const std::vector<RateGroup>& groups) {
  std::vector<double> shares;
  for (const RateGroup& group : groups) shares.push_back(group.share);
  return shares;
}

std::vector<double> SharesOf(const std::vector<Rendition>& renditions) {
  std::vector<double> shares;
  for (const Rendition& rendition : renditions) shares.push_back(rendition.share);
  return shares;
}

PeerId IdOf(std::uint64_t seed, std::uint32_t index) {
  char bytes[PeerId::kSize];
  for (std::size_t i = 0; i < PeerId::kSize; ++i) {
    bytes[i] = static_cast<char>(Mix(seed, 0x70656572 + i / 8, index) >> (8 * (i % 8)));
  }
  return *PeerId::FromBytes({bytes, PeerId::kSize});
}

}  // namespace

Population::Turns::Turns(std::vector<double> shares)
    : shares_(std::move(shares)), given_(shares_.size()) {
  for (const double share : shares_) all_ += share;
}

std::size_t Population::Turns::Next() {
  std::size_t best = 0;
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    given_[i] += shares_[i] / all_;
    // The margin keeps rounding from deciding between groups of equal deficit.
    if (given_[i] > given_[best] + 1e-9) best = i;
  }
  if (!given_.empty()) given_[best] -= 1;
  return best;
}

Population::Population(const Scenario& scenario, const Media& media)
    : scenario_(scenario),
      media_(media),
      up_(SharesOf(scenario.network.up)),
      down_(SharesOf(scenario.network.down)),
      renditions_(SharesOf(scenario.stream.renditions)) {
  for (const Joins& joins : scenario.joins) {
    const auto left = scenario.viewers - static_cast<std::uint32_t>(joins_.size());
    const std::uint32_t viewers = joins.viewers == 0 ? left : std::min(left, joins.viewers);
    for (std::uint32_t i = 0; i < viewers; ++i) {
      joins_.push_back(joins.begin + joins.span * i / std::max(viewers, 1u));
    }
  }
}

bool Population::Belongs(std::uint32_t index, std::uint32_t property, double share) const {
  if (share <= 0) return false;
  const double offset = ToUnit(Mix(scenario_.seed, 0x70726f70, property));
  const double at = (index + 1) * kRoots[property] + offset;
  return at - std::floor(at) < share;
}

// Between when the viewer has settled and the end, or a minute later if that is sooner.
TimePoint Population::SomeTime(std::uint32_t index, std::uint32_t property, TimePoint joins) const {
  const TimePoint begin = joins + kSettled;
  const TimePoint end = std::max(begin, TimePoint(scenario_.length) - kSettled);
  const double unit = ToUnit(Mix(scenario_.seed, 0x74696d65 + property, index));
  return begin + Seconds(unit * ToSeconds(std::min<Duration>(end - begin, Seconds(60))));
}

void Population::PlanHabits(std::uint32_t index, Profile& profile) const {
  const PlayerHabits& habits = scenario_.players;
  PlayerPlan& plan = profile.plan;
  plan.live_delay = habits.live_delay;
  if (Belongs(index, kPausing, habits.pausing_share)) {
    plan.pause_at = SomeTime(index, kPauseAt, profile.joins);
  }
  if (Belongs(index, kSeeking, habits.seeking_share)) {
    plan.seek_at = SomeTime(index, kSeekAt, profile.joins);
    const std::uint64_t segments = std::max(scenario_.stream.vod_segments, 1u);
    plan.seek_to = Mix(scenario_.seed, 0x7365656b + kSeekTo, index) % segments;
  }
  if (Belongs(index, kSwitching, habits.switching_share) && media_.renditions() > 1) {
    plan.switch_at = SomeTime(index, kSwitchAt, profile.joins);
    plan.switch_to = (plan.rendition + 1) % media_.renditions();
  }
}

void Population::PlanEnd(std::uint32_t index, Profile& profile) const {
  const Churn& churn = scenario_.churn;
  if (churn.mean_stay > Duration::zero()) {
    Random random(Mix(scenario_.seed, 0x73746179 + kStay, index));
    profile.leaves = profile.joins + Seconds(random.Exponential(ToSeconds(churn.mean_stay)));
    profile.abruptly = Belongs(index, kAbrupt, churn.abrupt_share);
    profile.replaced = true;
  }
  const std::uint64_t killed = scenario_.faults.killed;
  const std::uint64_t all = std::max(scenario_.viewers, 1u);
  // Evenly among all: where the count of those killed so far grows.
  const bool dies = index < all && (index + 1) * killed / all > index * killed / all;
  const TimePoint kill_at = scenario_.faults.kill_at;
  if (dies && profile.joins < kill_at && (!profile.leaves || *profile.leaves > kill_at)) {
    profile.leaves = kill_at;
    profile.abruptly = true;
    profile.replaced = false;
  }
}

Profile Population::Next(TimePoint joins) {
  const std::uint32_t index = next_++;
  const auto& network = scenario_.network;
  Profile profile{.id = IdOf(scenario_.seed, index), .joins = joins};
  profile.up = network.up[up_.Next()].bytes_per_second;
  profile.down = network.down.empty() ? network.down_bytes_per_second
                                      : network.down[down_.Next()].bytes_per_second;
  profile.can_be_dialled = !Belongs(index, kUndiallable, network.undiallable_share);
  profile.cap = scenario_.client.max_upload_bytes_per_second;
  if (profile.up <= 0) {
    profile.up = kRequestsOnly;
    profile.cap = 0;
  }
  const double line = profile.up;
  if (Belongs(index, kTrickling, scenario_.faults.trickling_share)) {
    profile.boast = UploadClassOf(line);
    profile.up = line * kTrickle;
  }
  profile.lies = Belongs(index, kLying, scenario_.faults.lying_share);
  if (Belongs(index, kFreeloading, scenario_.faults.freeloading_share)) profile.cap = 0;
  profile.capacity = profile.lies ? 0 : profile.up;
  if (profile.cap) profile.capacity = std::min(profile.capacity, static_cast<double>(*profile.cap));
  profile.plan.rendition = static_cast<std::uint32_t>(renditions_.Next());
  PlanHabits(index, profile);
  PlanEnd(index, profile);
  return profile;
}

}  // namespace shoal::sim
