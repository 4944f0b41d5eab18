// Carries what changes in the membership over to a store, some time later and in batches.
//
// Changes of one member between two flushes count once, as the last of them. What the store refuses
// is kept and tried again with the next flush, so that a full disk loses nothing once there is room
// again; up to a bound, beyond which changes are lost to the store (not to the membership).
//
// Ownership: borrows the store and the clocks.
// Threads:   Put, Remove and the figures any; Flush one at a time; Load beside it. The store is
//            called by the latter two only, without the lock.
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
#include "common/base/ids.h"
#include "common/time/time.h"
#include "tracker/membership/membership.h"
#include "tracker/service/visible_mutex.h"
#include "tracker/store/membership_store.h"

namespace shoal::service {

// Changes kept at most for a store that refuses them, at some 150 bytes each.
inline constexpr std::size_t kUnwrittenChangesMax = 1'000'000;

class WriteBehind final : public membership::MembershipJournal {
 public:
  // Milliseconds since the Unix epoch.
  using UnixClock = std::function<std::int64_t()>;

  WriteBehind(store::MembershipStore& store, const Clock& clock, UnixClock unix_clock,
              std::size_t changes_max = kUnwrittenChangesMax);

  void Put(const membership::MemberRecord& record) override;
  void Remove(const SwarmId& swarm, const PeerId& peer) override;

  // Writes all changes since the last flush, and how long it may take until all members announce
  // themselves again, if that has changed by much. On an error, all that was not written is kept.
  absl::Status Flush(Duration longest_wait);

  // Calls `visit` with what is stored, its times put on the clock of this process, until it returns
  // false. Of no use but to be restored: `expires` is not known, and is left at TimePoint().
  absl::Status Load(absl::FunctionRef<bool(const membership::MemberRecord&)> visit) const;

  // Changes that wait for the next flush, and those that were given up because too many did.
  std::size_t unwritten() const;
  std::uint64_t lost() const;

 private:
  using Key = std::pair<SwarmId, PeerId>;
  // nullopt: remove.
  using Change = std::optional<membership::MemberRecord>;
  using Changes = absl::flat_hash_map<Key, Change>;

  void Note(const Key& key, Change change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes out of `changes` what it has written; `longest_wait` only if it is to be written.
  absl::Status Write(Changes& changes, std::optional<Duration> longest_wait);
  bool IsWorthWriting(Duration longest_wait) const;
  store::StoreChange ToStore(const Key& key, const Change& change) const;

  store::MembershipStore& store_;
  const Clock& clock_;
  const UnixClock unix_clock_;
  const std::size_t changes_max_;
  std::optional<Duration> stored_wait_;  // flushing thread only

  mutable VisibleMutex mu_;
  Changes changes_ ABSL_GUARDED_BY(mu_);
  std::uint64_t lost_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_WRITE_BEHIND_H_
