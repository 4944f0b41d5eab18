#include "tracker/service/membership_table.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "common/base/packed_member.h"
#include "tracker/membership/announce_interval.h"

namespace shoal::service {
namespace {

// In an announce interval all members are looked at so often, so that those whose 2.25 intervals
// are over go before 2.5 are.
constexpr double kRoundsPerInterval = 8;
// At the least, since it takes no time: so that few members are looked at every time.
constexpr double kPlacesPerTurnMin = 4096;

static_assert(std::has_single_bit(MembershipTable::kShards));

}  // namespace

MembershipTable::MembershipTable(const membership::MembershipConfig& config, std::uint64_t seed,
                                 const Clock& clock)
    : clock_(clock), config_(config) {
  Random seeds(seed);
  for (std::unique_ptr<MembershipShard>& shard : shards_) {
    shard = std::make_unique<MembershipShard>(config_, Random(seeds.Next()), totals_, clock_);
  }
}

// Depends on the secret of the placement, so that nobody can choose swarms that share one lock.
std::size_t MembershipTable::NumberOf(const SwarmId& swarm) const {
  std::uint64_t words[2];
  static_assert(sizeof(words) == SwarmId::kSize);
  std::memcpy(words, swarm.bytes().data(), sizeof(words));
  std::uint64_t mixed = (words[0] ^ config_.placement_seed) * 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ (mixed >> 32) ^ words[1]) * 0xbf58476d1ce4e5b9u;
  return static_cast<std::size_t>(mixed >> (64 - std::countr_zero(kShards)));
}

absl::StatusOr<membership::AnnounceResult> MembershipTable::Announce(
    const membership::AnnounceCall& call) {
  membership::AnnounceResult result;
  result.handouts.reserve(call.swarms.size());
  const PackedMember member(call.member);
  if (call.swarms.empty()) {  // only the interval is asked for
    const absl::Status status = shards_[0]->Announce({member.view(), {}}, result);
    if (!status.ok()) return status;
    return result;
  }
  const auto number_of = [&](std::size_t index) { return NumberOf(call.swarms[index].swarm); };
  // What lies side by side in one shard goes in one. To sort the swarms by shard would take longer
  // than the few locks that it saves.
  std::size_t begin = 0;
  std::size_t number = number_of(begin);
  while (begin < call.swarms.size()) {
    std::size_t end = begin + 1;
    std::size_t next = number;
    while (end < call.swarms.size() && (next = number_of(end)) == number) ++end;
    const auto part = std::span(call.swarms).subspan(begin, end - begin);
    const absl::Status status = shards_[number]->Announce({member.view(), part}, result);
    if (!status.ok()) return status;
    begin = end;
    number = next;
  }
  return result;
}

void MembershipTable::NoteDialled(const DialTarget& target, bool can_be_dialled) {
  for (const SwarmId& swarm : target.swarms) {
    ShardOf(swarm).NoteDialled(swarm, target.peer, target.endpoint, can_be_dialled);
  }
}

void MembershipTable::KeepHouse(Duration since_last) {
  const double rounds = kRoundsPerInterval * ToSeconds(since_last) / ToSeconds(announce_interval());
  for (const auto& shard : shards_) {
    const auto all = static_cast<double>(shard->places());
    const double places = std::max(std::ceil(rounds * all), kPlacesPerTurnMin / kShards);
    shard->Expire(static_cast<std::size_t>(std::min(places, all)));
  }
}

void MembershipTable::RemoveExpired() {
  for (const auto& shard : shards_) shard->Expire(shard->places());
}

membership::MembershipFigures MembershipTable::figures() {
  RemoveExpired();
  membership::MembershipFigures sum;
  for (const auto& shard : shards_) {
    const membership::MembershipFigures figures = shard->figures();
    sum.swarms += figures.swarms;
    sum.members += figures.members;
    sum.joins += figures.joins;
    sum.leaves += figures.leaves;
    sum.expirations += figures.expirations;
  }
  return sum;
}

std::vector<membership::SwarmSize> MembershipTable::LargestSwarms(
    const std::optional<membership::SwarmSize>& after, std::size_t limit) {
  RemoveExpired();
  std::vector<membership::SwarmSize> swarms;
  for (const auto& shard : shards_) {
    const std::vector<membership::SwarmSize> some = shard->LargestSwarms(after, limit);
    swarms.insert(swarms.end(), some.begin(), some.end());
  }
  membership::SortAndCut(swarms, limit);
  return swarms;
}

void MembershipTable::Read(
    const SwarmId& id,
    absl::FunctionRef<void(const membership::Swarm* swarm, TimePoint now)> read) {
  MembershipShard& shard = ShardOf(id);
  shard.Expire(shard.places());
  shard.Read(id, read);
}

Duration MembershipTable::announce_interval() const {
  return membership::AnnounceInterval(totals_.members(), config_.announces_per_second);
}

void MembershipTable::set_journal(membership::MembershipJournal* journal) {
  for (const auto& shard : shards_) shard->set_journal(journal);
}

void MembershipTable::BeginWarming(Duration grace) {
  for (const auto& shard : shards_) shard->BeginWarming(grace);
  warming_.store(true, std::memory_order_release);
}

void MembershipTable::Restore(std::span<const membership::MemberRecord> records) {
  while (!records.empty()) {
    const std::size_t number = NumberOf(records.front().swarm);
    std::size_t end = 1;
    while (end < records.size() && NumberOf(records[end].swarm) == number) ++end;
    shards_[number]->Restore(records.first(end));
    records = records.subspan(end);
  }
}

void MembershipTable::EndWarming() {
  warming_.store(false, std::memory_order_release);
  for (const auto& shard : shards_) shard->EndWarming();
}

Duration MembershipTable::LongestWait() {
  TimePoint all_call_by{};
  for (const auto& shard : shards_) all_call_by = std::max(all_call_by, shard->all_call_by());
  return std::max(Duration::zero(), all_call_by - clock_.Now());
}

}  // namespace shoal::service
