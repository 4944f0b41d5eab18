// The membership, shared by the threads that serve calls, always as of the present.
//
// It lies in shards, by swarm, each with a lock of its own: a call holds one for a microsecond or
// two, so that two threads seldom wait for each other. A call for several swarms takes the locks one
// after the other, never two at a time; the limits and the announce interval are those of all shards
// together.
//
// After a restart it *warms* for a while: members are put back while calls are answered already, so
// that these may see swarms that are smaller than they are.
//
// Ownership: borrows the clock and the journal. Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_
#define SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/time/time.h"
#include "tracker/membership/membership.h"
#include "tracker/service/dial_target.h"
#include "tracker/service/membership_shard.h"

namespace shoal::service {

class MembershipTable {
 public:
  // So many that threads of a large machine, each within a lock for a tenth of its time, seldom meet;
  // each takes about 10 KB when hardly anybody is in it.
  static constexpr std::size_t kShards = 64;

  // `seed` is that of the jitter of the intervals.
  MembershipTable(const membership::MembershipConfig& config, std::uint64_t seed,
                  const Clock& clock);

  // See Membership::Announce. A call for several swarms that is refused may have been carried out
  // for those before the one that meets a limit; they stand as if the call had named them alone.
  absl::StatusOr<membership::AnnounceResult> Announce(const membership::AnnounceCall& call);

  // See Membership::NoteDialled.
  void NoteDialled(const DialTarget& target, bool can_be_dialled);

  // To be called every fraction of a second: removes members whose time is up, in time for all of
  // them to go within 2.5 of their intervals. Keeps calls waiting for less than a millisecond.
  void KeepHouse(Duration since_last);
  // Removes all members whose time is up, in steps as short.
  void RemoveExpired();
  // One such step in the shard of that number, below kShards; returns how many it removed.
  std::size_t ExpireSome(std::size_t shard) { return shards_[shard]->ExpireSome(); }

  // Of all shards, one after the other, once the expired are removed.
  membership::MembershipFigures figures();
  // With anybody in it, the expired included.
  std::size_t swarms() const { return totals_.swarms(); }
  // See Membership::LargestSwarms.
  std::vector<membership::SwarmSize> LargestSwarms(
      const std::optional<membership::SwarmSize>& after, std::size_t limit);
  // Calls `read` with the swarm, nullptr if nobody is in it, after removing the expired. Keeps calls
  // for it waiting meanwhile.
  void Read(const SwarmId& id,
            absl::FunctionRef<void(const membership::Swarm* swarm, TimePoint now)> read);
  // The interval that calls get now, before jitter.
  Duration announce_interval() const;

  // Told of changes by any thread; of those of one swarm in their order.
  void set_journal(membership::MembershipJournal* journal);

  // From now on members that were known before a restart are put back. Each then stands for `grace`
  // as if it had announced itself, whatever its record says.
  void BeginWarming(Duration grace);
  // Puts `records` back. One that has announced itself since stays as it is, one that has stopped
  // since does not come back; the latter, and what is beyond a limit, the journal is told of as
  // removed. Best ordered by swarm. REQUIRES: is warming.
  void Restore(std::span<const membership::MemberRecord> records);
  // All that is known has been put back.
  void EndWarming();
  bool warming() const { return warming_.load(std::memory_order_acquire); }

  // Within how long every member that stands announces itself again.
  Duration LongestWait();

 private:
  std::size_t NumberOf(const SwarmId& swarm) const;
  MembershipShard& ShardOf(const SwarmId& swarm) { return *shards_[NumberOf(swarm)]; }

  const Clock& clock_;
  const membership::MembershipConfig config_;
  membership::MembershipTotals totals_;
  std::array<std::unique_ptr<MembershipShard>, kShards> shards_;
  std::atomic<bool> warming_ = false;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_
