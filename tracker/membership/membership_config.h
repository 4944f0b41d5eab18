// The settings of a Membership. Threads: a value.
#ifndef SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_CONFIG_H_
#define SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_CONFIG_H_

#include <cstddef>
#include <cstdint>

namespace shoal::membership {

struct MembershipConfig {
  // Announces per second that the tracker strives for in all: clients are told to call so seldom
  // that their calls add up to it. Lower it to save CPU and traffic; members that vanish without a
  // word are then noticed later.
  double announces_per_second = 1000;

  // Members of one swarm, swarms, and members of all swarms together, beyond which joins are
  // refused. They bound the memory: a member takes about 63 bytes (IPv4) or 75 (IPv6), a swarm about
  // 400 more.
  std::size_t max_members_per_swarm = 1'000'000;
  std::size_t max_swarms = 100'000;
  std::size_t max_members = 4'000'000;

  // Decides who stands beside whom (see Swarm). Kept secret, so that nobody can make an id that
  // lands beside a chosen member; trackers with equal seeds hand out alike.
  std::uint64_t placement_seed = 0;
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_CONFIG_H_
