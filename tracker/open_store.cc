#include "tracker/open_store.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "tracker/store/in_memory_membership_store.h"
#include "tracker/store/rocksdb_membership_store.h"

namespace shoal {

absl::StatusOr<std::unique_ptr<store::MembershipStore>> OpenStore(const StoreChoice& choice) {
  if (choice.kind == StoreKind::kMemory) {
    spdlog::warn(
        "members are kept in memory alone: after a restart the tracker knows nobody until they "
        "announce themselves again (--state-dir keeps them)");
    return std::make_unique<store::InMemoryMembershipStore>();
  }
  absl::StatusOr<std::unique_ptr<store::RocksDbMembershipStore>> opened =
      store::RocksDbMembershipStore::Open({.directory = choice.directory, .repair = choice.repair});
  if (!opened.ok()) return opened.status();
  if (!(*opened)->repair_report().empty()) {
    spdlog::warn("{}: {}", choice.directory, (*opened)->repair_report());
  }
  spdlog::info("members are stored in {}", choice.directory);
  return *std::move(opened);
}

}  // namespace shoal
