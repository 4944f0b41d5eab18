// The membership, shared by the threads that serve calls, always as of the present.
//
// One lock: a call holds it for a microsecond or two, less than a tenth of what gRPC spends on the
// call, so that it limits the tracker only far beyond a million calls a second.
//
// After a restart it *warms* for a while: members are put back while calls are answered already, so
// that these may see swarms that are smaller than they are.
//
// Ownership: borrows the clock and the journal. Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_
#define SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/time/time.h"
#include "tracker/membership/membership.h"
#include "tracker/service/dial_back.h"

namespace shoal::service {

class MembershipTable {
 public:
  // Places looked at for expired members while calls wait: less than a microsecond's worth, or if
  // all of them are to be removed, some hundred.
  static constexpr std::size_t kPlacesAtOnce = 64;

  // `seed` is that of the jitter of the intervals.
  MembershipTable(const membership::MembershipConfig& config, std::uint64_t seed,
                  const Clock& clock);

  // See Membership::Announce.
  absl::StatusOr<membership::AnnounceResult> Announce(const membership::AnnounceCall& call);

  // See Membership::NoteDialled.
  void NoteDialled(const DialTarget& target, bool can_be_dialled);

  // To be called every fraction of a second: removes members whose time is up, in time for all of
  // them to go within 2.5 of their intervals. Keeps calls waiting for less than a millisecond.
  void KeepHouse(Duration since_last);
  // Removes all members whose time is up, in steps as short.
  void RemoveExpired();

  // Calls `read` with the membership after removing the expired. Keeps calls waiting meanwhile.
  void Read(absl::FunctionRef<void(const membership::Membership&, TimePoint now)> read);

  // See Membership.
  void set_journal(membership::MembershipJournal* journal);

  // From now on members that were known before a restart are put back. Each then stands for `grace`
  // as if it had announced itself, whatever its record says.
  void BeginWarming(Duration grace);
  // Puts `records` back. One that has announced itself since stays as it is, one that has stopped
  // since does not come back; the latter, and what is beyond a limit, the journal is told of as
  // removed. REQUIRES: is warming.
  void Restore(std::span<const membership::MemberRecord> records);
  // All that is known has been put back.
  void EndWarming();
  bool warming() const { return warming_.load(std::memory_order_acquire); }

  // Within how long every member that stands announces itself again.
  Duration LongestWait();

 private:
  using Key = std::pair<SwarmId, PeerId>;

  // In steps.
  void Expire(std::size_t places);
  void NoteCall(const membership::AnnounceCall& call, TimePoint next_call)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether somebody at the member's address has said that it stops.
  bool HasStopped(const membership::MemberRecord& record) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Clock& clock_;
  std::atomic<bool> warming_ = false;
  absl::Mutex mu_;
  membership::MembershipJournal* journal_ ABSL_GUARDED_BY(mu_) = nullptr;
  Duration grace_ ABSL_GUARDED_BY(mu_){};
  // By when all have announced themselves again that have called, and that were put back.
  TimePoint callers_call_by_ ABSL_GUARDED_BY(mu_);
  TimePoint restored_call_by_ ABSL_GUARDED_BY(mu_);
  bool has_restored_ ABSL_GUARDED_BY(mu_) = false;
  // Who has stopped since warming began, and the address that it called from.
  absl::flat_hash_map<Key, std::string> stopped_ ABSL_GUARDED_BY(mu_);
  membership::Membership membership_ ABSL_GUARDED_BY(mu_);
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_
