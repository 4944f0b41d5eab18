// A MembershipStore that ends with the process: the default of the program, which then starts with
// no members and learns of them within one announce interval. Threads: not thread-safe.
#ifndef SHOAL_TRACKER_STORE_IN_MEMORY_MEMBERSHIP_STORE_H_
#define SHOAL_TRACKER_STORE_IN_MEMORY_MEMBERSHIP_STORE_H_

#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "tracker/store/membership_store.h"

namespace shoal::store {

class InMemoryMembershipStore final : public MembershipStore {
 public:
  absl::Status Apply(const std::vector<StoreChange>& changes) override;
  absl::Status Load(absl::FunctionRef<void(const StoredMember&)> visit) const override;
  bool outlives_process() const override { return false; }

 private:
  absl::btree_map<std::pair<SwarmId, PeerId>, StoredMember> members_;
};

}  // namespace shoal::store

#endif  // SHOAL_TRACKER_STORE_IN_MEMORY_MEMBERSHIP_STORE_H_
