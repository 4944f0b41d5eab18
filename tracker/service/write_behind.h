// Carries what changes in the membership over to a store, some time later and in batches.
//
// Changes of one member between two flushes count once, as the last of them. A batch that the store
// refuses is given up: its members announce again before they expire, and then come with a later
// one.
//
// Ownership: borrows the store and the clocks.
// Threads:   Put and Remove any; Flush and Load one at a time. The store is called by the latter
//            two only, without the lock.
#ifndef SHOAL_TRACKER_SERVICE_WRITE_BEHIND_H_
#define SHOAL_TRACKER_SERVICE_WRITE_BEHIND_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/base/ids.h"
#include "common/time/time.h"
#include "tracker/membership/membership.h"
#include "tracker/store/membership_store.h"

namespace shoal::service {

class WriteBehind final : public membership::MembershipJournal {
 public:
  // Milliseconds since the Unix epoch.
  using UnixClock = std::function<std::int64_t()>;

  WriteBehind(store::MembershipStore& store, const Clock& clock, UnixClock unix_clock);

  void Put(const membership::MemberRecord& record) override;
  void Remove(const SwarmId& swarm, const PeerId& peer) override;

  // Writes all changes since the last flush.
  absl::Status Flush();

  // Calls `visit` with what is stored, its times put on the clock of this process.
  absl::Status Load(absl::FunctionRef<void(const membership::MemberRecord&)> visit) const;

 private:
  using Key = std::pair<SwarmId, PeerId>;

  store::MembershipStore& store_;
  const Clock& clock_;
  const UnixClock unix_clock_;

  absl::Mutex mu_;
  // nullopt: remove.
  absl::flat_hash_map<Key, std::optional<membership::MemberRecord>> pending_ ABSL_GUARDED_BY(mu_);
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_WRITE_BEHIND_H_
