// A MembershipStore that ends with the process, for a tracker that is given no place to keep one:
// it starts with no members and learns of them within one announce interval. Threads: any.
#ifndef SHOAL_TRACKER_STORE_IN_MEMORY_MEMBERSHIP_STORE_H_
#define SHOAL_TRACKER_STORE_IN_MEMORY_MEMBERSHIP_STORE_H_

#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "tracker/store/membership_store.h"

namespace shoal::store {

class InMemoryMembershipStore final : public MembershipStore {
 public:
  absl::Status Apply(const std::vector<StoreChange>& changes) override;
  // `visit` keeps Apply waiting.
  absl::Status Load(absl::FunctionRef<bool(const StoredMember&)> visit) const override;
  absl::StatusOr<std::optional<Duration>> LongestWait() const override;
  bool outlives_process() const override { return false; }

 private:
  mutable absl::Mutex mu_;
  absl::btree_map<std::pair<SwarmId, PeerId>, StoredMember> members_ ABSL_GUARDED_BY(mu_);
  std::optional<Duration> longest_wait_ ABSL_GUARDED_BY(mu_);
};

}  // namespace shoal::store

#endif  // SHOAL_TRACKER_STORE_IN_MEMORY_MEMBERSHIP_STORE_H_
