#include "tests/bench/scheduling_tracker/schedule_table.h"

namespace shoal::bench {
namespace {

// A number, from its lowest bits on: slot + 1, swarm, generation.
constexpr int kSlotBits = 20;
constexpr int kSwarmBits = 20;
constexpr std::uint64_t kSlots = std::uint64_t{1} << kSlotBits;
constexpr std::uint64_t kSwarms = std::uint64_t{1} << kSwarmBits;

}  // namespace

std::uint64_t ScheduleTable::Join(const SwarmId& id, const Joiner& joiner, TimePoint now) {
  const auto [found, is_new] = places_.try_emplace(id, static_cast<std::uint32_t>(swarms_.size()));
  const std::uint64_t place = found->second;
  if (is_new) swarms_.push_back(std::make_unique<ScheduledSwarm>(report_interval_, place));
  ScheduledSwarm& swarm = *swarms_[place];
  if (place >= kSwarms || swarm.size() + 1 >= kSlots) return 0;
  const MemberRef member = swarm.Join(joiner, now);
  return std::uint64_t{member.generation} << (kSlotBits + kSwarmBits) | place << kSlotBits |
         (member.slot + 1);
}

bool ScheduleTable::Report(std::uint64_t number, std::span<const SegmentNews> news, TimePoint now,
                           std::vector<Order>& orders) {
  const std::uint64_t place = number >> kSlotBits & (kSwarms - 1);
  const auto slot = static_cast<std::uint32_t>(number & (kSlots - 1));
  if (slot == 0 || place >= swarms_.size()) return false;
  const MemberRef member = {slot - 1,
                            static_cast<std::uint32_t>(number >> (kSlotBits + kSwarmBits))};
  if (!swarms_[place]->Knows(member)) return false;
  swarms_[place]->Report(member, news, now, orders);
  return true;
}

}  // namespace shoal::bench
