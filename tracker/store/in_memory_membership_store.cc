#include "tracker/store/in_memory_membership_store.h"

namespace shoal::store {

absl::Status InMemoryMembershipStore::Apply(const std::vector<StoreChange>& changes) {
  absl::MutexLock lock(&mu_);
  for (const StoreChange& change : changes) {
    if (const auto* put = std::get_if<PutMember>(&change)) {
      members_.insert_or_assign({put->member.swarm, put->member.member.id}, put->member);
    } else if (const auto* remove = std::get_if<RemoveMember>(&change)) {
      members_.erase({remove->swarm, remove->peer});
    } else {
      longest_wait_ = std::get<SetLongestWait>(change).wait;
    }
  }
  return absl::OkStatus();
}

absl::Status InMemoryMembershipStore::Load(
    absl::FunctionRef<bool(const StoredMember&)> visit) const {
  absl::MutexLock lock(&mu_);
  for (const auto& [key, member] : members_) {
    if (!visit(member)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Duration>> InMemoryMembershipStore::LongestWait() const {
  absl::MutexLock lock(&mu_);
  return longest_wait_;
}

}  // namespace shoal::store
