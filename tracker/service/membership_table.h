// The membership, shared by the threads that serve calls, always as of the present.
//
// One lock: a call holds it for a microsecond or two, less than a tenth of what gRPC spends on the
// call, so that it limits the tracker only far beyond a million calls a second.
//
// Ownership: borrows the clock. Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_
#define SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/time/time.h"
#include "tracker/membership/membership.h"

namespace shoal::service {

class MembershipTable {
 public:
  // `seed` is that of the jitter of the intervals.
  MembershipTable(const membership::MembershipConfig& config, std::uint64_t seed,
                  const Clock& clock);

  // See Membership::Announce. Removes some of those whose time is up, too, so that the table keeps
  // up under load.
  absl::StatusOr<membership::AnnounceResult> Announce(const membership::AnnounceCall& call);

  // Removes all members whose time is up, pausing now and then so that calls get through.
  void RemoveExpired();

  // Calls `read` with the membership after removing the expired. Keeps calls waiting meanwhile.
  void Read(absl::FunctionRef<void(const membership::Membership&, TimePoint now)> read);

  // See Membership.
  void set_journal(membership::MembershipJournal* journal);
  bool Restore(const membership::MemberRecord& record);

 private:
  const Clock& clock_;
  absl::Mutex mu_;
  membership::Membership membership_ ABSL_GUARDED_BY(mu_);
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_MEMBERSHIP_TABLE_H_
