// A MembershipStore on disk: an embedded RocksDB, in a directory as store_directory.h lays it out,
// with the entries of member_encoding.h.
//
// What Apply has carried out outlives the process however that ends, because it is in the system's
// hands by then. It is not forced onto the disk: when the machine itself fails, the changes of the
// last half minute or so may be gone, as the system's settings have it.
//
// Damage. Opening checks everything but the contents of large databases, which would take too long;
// damage there shows when they are loaded. An incomplete last write is none: a process that is
// killed leaves one. Nothing is mended unless asked for (`repair`).
//
// A full disk, or one that fails: Apply tells so, every time that it is called, and tries anew from
// the ground. If the disk is full already when the store is opened, it can be loaded all the same.
//
// Threads: any; Apply one at a time.
#ifndef SHOAL_TRACKER_STORE_ROCKSDB_MEMBERSHIP_STORE_H_
#define SHOAL_TRACKER_STORE_ROCKSDB_MEMBERSHIP_STORE_H_

#include <rocksdb/db.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "tracker/store/membership_store.h"

namespace shoal::store {

struct RocksDbStoreOptions {
  // Is made if it is missing.
  std::string directory;
  // First mends the database if it is damaged, and sets it aside if that fails; does nothing to one
  // that is whole, and nothing to what is not a tracker's.
  bool repair = false;
  // Databases of up to so many bytes are read through and checked before they count as open: takes
  // some 0.5 s per GB once they are in the system's cache.
  std::uint64_t checked_bytes_max = std::uint64_t{128} << 20;
};

class RocksDbMembershipStore final : public MembershipStore {
 public:
  // Errors name the directory: kFailedPrecondition if it is another's or in use; kDataLoss, naming
  // --repair, if the database is damaged.
  static absl::StatusOr<std::unique_ptr<RocksDbMembershipStore>> Open(
      const RocksDbStoreOptions& options);

  absl::Status Apply(const std::vector<StoreChange>& changes) override;
  absl::Status Load(absl::FunctionRef<bool(const StoredMember&)> visit) const override;
  absl::StatusOr<std::optional<Duration>> LongestWait() const override;
  bool outlives_process() const override { return true; }

  // What `repair` came to, in words for the log; empty if it was not asked for.
  const std::string& repair_report() const { return repair_report_; }

 private:
  explicit RocksDbMembershipStore(RocksDbStoreOptions options) : options_(std::move(options)) {}

  std::string DatabasePath() const;
  // Opens it for reading and writing, after giving up what was open.
  absl::Status OpenDatabase() ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status OpenForReadingOnly() ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status CheckContents(std::uint64_t bytes_max) const;
  absl::Status Repair();
  absl::Status ToStatus(const rocksdb::Status& status, absl::string_view doing) const;
  std::shared_ptr<rocksdb::DB> database() const ABSL_LOCKS_EXCLUDED(mu_);

  const RocksDbStoreOptions options_;
  std::string repair_report_;

  mutable absl::Mutex mu_;
  // Shared with whoever is reading; nullptr while it cannot be opened.
  std::shared_ptr<rocksdb::DB> database_ ABSL_GUARDED_BY(mu_);
  // After an error of a write, RocksDB refuses further ones: it must be opened anew.
  bool writable_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace shoal::store

#endif  // SHOAL_TRACKER_STORE_ROCKSDB_MEMBERSHIP_STORE_H_
