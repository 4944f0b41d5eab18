// Some of the tracker's swarms, always the same ones, behind a lock of their own. What each does for
// the whole, see MembershipTable.
//
// Ownership: borrows the clock, the journal and the totals. Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_MEMBERSHIP_SHARD_H_
#define SHOAL_TRACKER_SERVICE_MEMBERSHIP_SHARD_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/time/time.h"
#include "tracker/membership/membership.h"
#include "tracker/service/visible_mutex.h"

namespace shoal::service {

// Two shards in one line of the processor's cache would make their threads wait for each other.
class alignas(64) MembershipShard {
 public:
  // Places looked at for expired members while calls wait: a fraction of a microsecond's worth, or if
  // all of them are to be removed, some tens.
  static constexpr std::size_t kPlacesAtOnce = 16;

  MembershipShard(const membership::MembershipConfig& config, Random random,
                  membership::MembershipTotals& totals, const Clock& clock)
      : clock_(clock), membership_(config, random, &totals) {}

  // See Membership.
  absl::Status Announce(const membership::AnnouncePart& part, membership::AnnounceResult& result);
  void NoteDialled(const SwarmId& swarm, const PeerId& peer, const Endpoint& endpoint,
                   bool can_be_dialled);
  void set_journal(membership::MembershipJournal* journal);
  std::size_t places();
  membership::MembershipFigures figures();
  std::vector<membership::SwarmSize> LargestSwarms(
      const std::optional<membership::SwarmSize>& after, std::size_t limit);
  // `swarm` is nullptr if nobody is in it.
  void Read(const SwarmId& id,
            absl::FunctionRef<void(const membership::Swarm* swarm, TimePoint now)> read);

  // Removes those whose time is up from the next kPlacesAtOnce places; returns how many.
  std::size_t ExpireSome();
  // The same for so many, in such steps.
  void Expire(std::size_t places);

  // Of the table, for the swarms of this shard. The records are of such.
  void BeginWarming(Duration grace);
  void Restore(std::span<const membership::MemberRecord> records);
  void EndWarming();

  // By when all have announced themselves again that have called, or were put back.
  TimePoint all_call_by();

 private:
  using Key = std::pair<SwarmId, PeerId>;

  void NoteStops(const membership::AnnouncePart& part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether somebody at the member's address has said that it stops.
  bool HasStopped(const membership::MemberRecord& record) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Clock& clock_;
  VisibleMutex mu_;
  bool warming_ ABSL_GUARDED_BY(mu_) = false;
  membership::MembershipJournal* journal_ ABSL_GUARDED_BY(mu_) = nullptr;
  Duration grace_ ABSL_GUARDED_BY(mu_){};
  TimePoint callers_call_by_ ABSL_GUARDED_BY(mu_);
  TimePoint restored_call_by_ ABSL_GUARDED_BY(mu_);
  bool has_restored_ ABSL_GUARDED_BY(mu_) = false;
  // Who has stopped since warming began, and the address that it called from.
  absl::flat_hash_map<Key, std::string> stopped_ ABSL_GUARDED_BY(mu_);
  membership::Membership membership_ ABSL_GUARDED_BY(mu_);
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_MEMBERSHIP_SHARD_H_
