#include "tracker/store/rocksdb_membership_store.h"

#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <cstdarg>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tracker/store/member_encoding.h"
#include "tracker/store/store_directory.h"

namespace shoal::store {
namespace {

// What opening has to replay, and so how long it takes, is at most about this much of a log.
constexpr std::size_t kWriteBufferBytes = std::size_t{2} << 20;
constexpr std::size_t kReadAheadBytes = std::size_t{2} << 20;

// RocksDB's own log goes nowhere: what matters comes back as a status, and the one it keeps beside
// its files aborts the process when the disk is full (a failed assertion, in Debian's 7.8).
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Options DatabaseOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.write_buffer_size = kWriteBufferBytes;
  options.max_write_buffer_number = 4;
  options.max_bytes_for_level_base = std::uint64_t{64} << 20;
  options.target_file_size_base = std::uint64_t{16} << 20;
  // Entries are short and mostly random: hashes and addresses.
  options.compression = rocksdb::kNoCompression;
  // Else even an empty store would take more than its write buffer of the disk.
  options.allow_fallocate = false;
  options.max_background_jobs = 2;
  options.info_log = std::make_shared<NoLog>();
  options.stats_dump_period_sec = 0;
  // Everything is read once, in order: a cache would keep what is never asked for again.
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  table.block_size = std::size_t{32} << 10;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

absl::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

bool IsInUse(const std::string& message) {
  return absl::StrContains(message, "While lock file") ||
         absl::StrContains(message, "lock hold by current process");
}

void AddChange(const StoreChange& change, rocksdb::WriteBatch& batch) {
  if (const auto* put = std::get_if<PutMember>(&change)) {
    const StoredMember& member = put->member;
    const std::size_t address_size = member.member.endpoint.address.size();
    if (address_size != 4 && address_size != 16) return;  // nobody could dial it
    batch.Put(EncodeMemberKey(member.swarm, member.member.id), EncodeMemberValue(member));
  } else if (const auto* remove = std::get_if<RemoveMember>(&change)) {
    batch.Delete(EncodeMemberKey(remove->swarm, remove->peer));
  } else {
    batch.Put(kLongestWaitKey, EncodeLongestWait(std::get<SetLongestWait>(change).wait));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbMembershipStore>> RocksDbMembershipStore::Open(
    const RocksDbStoreOptions& options) {
  if (absl::Status status = PrepareStoreDirectory(options.directory); !status.ok()) return status;
  std::unique_ptr<RocksDbMembershipStore> store(new RocksDbMembershipStore(options));
  if (options.repair) {
    if (absl::Status status = store->Repair(); !status.ok()) return status;
    return store;
  }
  absl::Status status = store->OpenDatabase();
  if (absl::IsResourceExhausted(status)) status = store->OpenForReadingOnly();
  if (status.ok()) status = store->CheckContents(options.checked_bytes_max);
  if (!status.ok()) return status;
  return store;
}

std::string RocksDbMembershipStore::DatabasePath() const {
  return absl::StrCat(options_.directory, "/", kDatabaseName);
}

absl::Status RocksDbMembershipStore::ToStatus(const rocksdb::Status& status,
                                              absl::string_view doing) const {
  if (status.ok()) return absl::OkStatus();
  const std::string message = status.ToString();
  const std::string told =
      absl::StrCat("cannot ", doing, " the members in ", options_.directory, ": ");
  // Some errors keep only the words of what caused them.
  if (status.IsNoSpace() || absl::StrContains(message, "No space left")) {
    return absl::ResourceExhaustedError(absl::StrCat(told, "the disk is full"));
  }
  if (IsInUse(message)) {
    return absl::FailedPreconditionError(
        absl::StrCat(told, "another shoal-tracker uses this directory"));
  }
  // What a damaged database lacks or misplaces shows as any of these.
  if (status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound() ||
      status.IsInvalidArgument() || status.IsNotSupported()) {
    return absl::DataLossError(
        absl::StrCat(told, "the database is damaged (", message,
                     "); --repair keeps of it what can be read, or name another directory"));
  }
  return absl::UnavailableError(absl::StrCat(told, message));
}

absl::Status RocksDbMembershipStore::OpenDatabase() {
  {
    absl::MutexLock lock(&mu_);
    database_.reset();
    writable_ = false;
  }
  // RocksDB would take the lack of that file for a new database, and delete the others.
  if (IsDatabaseHeadless(options_.directory)) {
    return ToStatus(rocksdb::Status::Corruption("no CURRENT file"), "open");
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(DatabaseOptions(), DatabasePath(), &opened);
  if (!status.ok()) return ToStatus(status, "open");
  absl::MutexLock lock(&mu_);
  database_.reset(opened);
  writable_ = true;
  return absl::OkStatus();
}

absl::Status RocksDbMembershipStore::OpenForReadingOnly() {
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(DatabaseOptions(), DatabasePath(), &opened);
  if (!status.ok()) return ToStatus(status, "open");
  absl::MutexLock lock(&mu_);
  database_.reset(opened);
  return absl::OkStatus();
}

absl::Status RocksDbMembershipStore::CheckContents(std::uint64_t bytes_max) const {
  const std::shared_ptr<rocksdb::DB> opened = database();
  std::uint64_t bytes = 0;
  opened->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &bytes);
  if (bytes > bytes_max) return absl::OkStatus();
  return ToStatus(opened->VerifyChecksum(), "read");
}

absl::Status RocksDbMembershipStore::Repair() {
  constexpr auto kAnySize = std::numeric_limits<std::uint64_t>::max();
  const auto open_and_check = [this] {
    absl::Status status = OpenDatabase();
    return status.ok() ? CheckContents(kAnySize) : status;
  };
  absl::Status status = open_and_check();
  repair_report_ = "nothing to repair";
  if (!absl::IsDataLoss(status)) return status;
  {
    absl::MutexLock lock(&mu_);
    database_.reset();
  }
  const std::string damage(status.message());
  if (rocksdb::RepairDB(DatabasePath(), DatabaseOptions()).ok()) status = open_and_check();
  repair_report_ = absl::StrCat("repaired, what could be read is kept: ", damage);
  if (!absl::IsDataLoss(status)) return status;
  {
    absl::MutexLock lock(&mu_);
    database_.reset();
  }
  const absl::StatusOr<std::string> aside = SetDatabaseAside(options_.directory);
  if (!aside.ok()) return aside.status();
  repair_report_ = absl::StrCat("beyond repair, moved to ", *aside, ": ", damage);
  return OpenDatabase();
}

std::shared_ptr<rocksdb::DB> RocksDbMembershipStore::database() const {
  absl::MutexLock lock(&mu_);
  return database_;
}

absl::Status RocksDbMembershipStore::Apply(const std::vector<StoreChange>& changes) {
  bool is_open = false;
  {
    absl::MutexLock lock(&mu_);
    is_open = writable_;
  }
  if (!is_open) {
    if (absl::Status status = OpenDatabase(); !status.ok()) return status;
  }
  rocksdb::WriteBatch batch;
  for (const StoreChange& change : changes) AddChange(change, batch);
  const rocksdb::Status status = database()->Write(rocksdb::WriteOptions(), &batch);
  if (!status.ok()) {
    absl::MutexLock lock(&mu_);
    writable_ = false;
  }
  return ToStatus(status, "write");
}

absl::Status RocksDbMembershipStore::Load(
    absl::FunctionRef<bool(const StoredMember&)> visit) const {
  const std::shared_ptr<rocksdb::DB> opened = database();
  if (opened == nullptr) return absl::UnavailableError("the members' database is not open");
  rocksdb::ReadOptions options;
  options.readahead_size = kReadAheadBytes;
  const rocksdb::Slice end(kMemberKeysEnd);
  options.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> entry(opened->NewIterator(options));
  for (entry->Seek(kFirstMemberKey); entry->Valid(); entry->Next()) {
    const std::optional<StoredMember> member =
        DecodeMember(View(entry->key()), View(entry->value()));
    if (member && !visit(*member)) break;
  }
  return ToStatus(entry->status(), "read");
}

absl::StatusOr<std::optional<Duration>> RocksDbMembershipStore::LongestWait() const {
  const std::shared_ptr<rocksdb::DB> opened = database();
  if (opened == nullptr) return absl::UnavailableError("the members' database is not open");
  std::string value;
  const rocksdb::Status status = opened->Get(rocksdb::ReadOptions(), kLongestWaitKey, &value);
  if (status.IsNotFound()) return std::optional<Duration>();
  if (!status.ok()) return ToStatus(status, "read");
  return DecodeLongestWait(value);
}

}  // namespace shoal::store
