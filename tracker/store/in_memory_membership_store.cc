#include "tracker/store/in_memory_membership_store.h"

namespace shoal::store {

absl::Status InMemoryMembershipStore::Apply(const std::vector<StoreChange>& changes) {
  for (const StoreChange& change : changes) {
    if (const auto* put = std::get_if<PutMember>(&change)) {
      members_.insert_or_assign({put->member.swarm, put->member.member.id}, put->member);
    } else {
      const RemoveMember& remove = std::get<RemoveMember>(change);
      members_.erase({remove.swarm, remove.peer});
    }
  }
  return absl::OkStatus();
}

absl::Status InMemoryMembershipStore::Load(
    absl::FunctionRef<void(const StoredMember&)> visit) const {
  for (const auto& [key, member] : members_) visit(member);
  return absl::OkStatus();
}

}  // namespace shoal::store
