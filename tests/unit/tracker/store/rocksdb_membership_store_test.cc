// What a store on disk must do beyond the contract: tell whose directory it is, notice damage, and
// mend it if asked.
#include "tracker/store/rocksdb_membership_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/tracker/store/store_contract.h"
#include "tracker/store/store_directory.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Opened = absl::StatusOr<std::unique_ptr<RocksDbMembershipStore>>;

INSTANTIATE_TEST_SUITE_P(RocksDb, MembershipStoreTest,
                         ::testing::Values(Implementation{"RocksDb",
                                                          [](const std::string& directory) {
                                                            return *RocksDbMembershipStore::Open(
                                                                {.directory = directory});
                                                          }}),
                         [](const auto& tested) { return tested.param.name; });

class RocksDbMembershipStoreTest : public ::testing::Test {
 protected:
  Opened Open(bool repair = false) {
    return RocksDbMembershipStore::Open({.directory = directory_.path(), .repair = repair});
  }

  // Makes a store of members 0 … count-1 that lie in a table file, not in the log.
  void MakeStore(std::uint32_t count) {
    {
      Opened store = Open();
      ASSERT_TRUE(store.ok()) << store.status();
      std::vector<StoreChange> changes;
      for (std::uint32_t i = 0; i < count; ++i) changes.push_back(PutMember{StoredNumber(i)});
      ASSERT_TRUE((*store)->Apply(changes).ok());
    }
    ASSERT_TRUE(Open().ok());  // opening empties the log into a table
  }

  // The largest file of the database that begins with `prefix` and ends with `suffix`.
  std::string File(const std::string& prefix, const std::string& suffix) const {
    fs::path largest;
    for (const auto& entry : fs::directory_iterator(directory_ / kDatabaseName)) {
      const std::string name = entry.path().filename().string();
      const bool fits = name.rfind(prefix, 0) == 0 && name.size() >= suffix.size() &&
                        name.substr(name.size() - suffix.size()) == suffix;
      if (fits && (largest.empty() || fs::file_size(largest) < entry.file_size())) {
        largest = entry.path();
      }
    }
    EXPECT_FALSE(largest.empty()) << prefix << "*" << suffix;
    return largest.string();
  }

  // Overwrites some bytes in the middle.
  static void Damage(const std::string& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(path) / 2));
    file << "damage damage damage damage";
  }

  static std::string Contents(const std::string& path) {
    std::stringstream contents;
    contents << std::ifstream(path, std::ios::binary).rdbuf();
    return contents.str();
  }

  static void Write(const std::string& path, const std::string& contents) {
    std::ofstream(path, std::ios::binary) << contents;
  }

  void ExpectDamaged() {
    const absl::Status status = Open().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(directory_.path()), HasSubstr("--repair")));
  }

  TemporaryDirectory directory_;
};

TEST_F(RocksDbMembershipStoreTest, SaysWhatItsDirectoryIsAndKeepsItFromOthers) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Contents(directory_ / "FORMAT"), "shoal-tracker members\nformat 1\n");
  struct stat found {};
  ASSERT_EQ(stat(directory_.path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700u);
}

// What the system has of the files at any moment is what a process that is killed then leaves.
TEST_F(RocksDbMembershipStoreTest, KeepsWhatWasAppliedWhenItsProcessIsKilled) {
  const Opened store = Open();
  ASSERT_TRUE((*store)->Apply({PutMember{Stored('s', 'a')}}).ok());
  const TemporaryDirectory killed;
  fs::copy(directory_.path(), killed.path(), fs::copy_options::recursive);
  const Opened next = RocksDbMembershipStore::Open({.directory = killed.path()});
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_THAT(MembersIn(**next), SizeIs(1));
}

TEST_F(RocksDbMembershipStoreTest, ALastWriteThatIsIncompleteIsNoDamage) {
  {
    Opened store = Open();
    ASSERT_TRUE((*store)->Apply({PutMember{Stored('s', 'a')}}).ok());
    ASSERT_TRUE((*store)->Apply({PutMember{Stored('s', 'b')}}).ok());
  }
  const std::string log = File("", ".log");
  fs::resize_file(log, fs::file_size(log) - 5);
  Opened store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_THAT(MembersIn(**store), ::testing::ElementsAre(Stored('s', 'a')));
}

TEST_F(RocksDbMembershipStoreTest, LeavesAloneWhatIsSomebodyElses) {
  fs::create_directories(directory_ / "photos");
  for (const bool repair : {false, true}) {
    const absl::Status status = Open(repair).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(directory_.path()), HasSubstr("something other")));
  }
  EXPECT_FALSE(fs::exists(directory_ / "FORMAT"));
  EXPECT_FALSE(fs::exists(directory_ / kDatabaseName));
}

TEST_F(RocksDbMembershipStoreTest, LeavesAloneADatabaseOfAnotherProgram) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, directory_.path(), &opened).ok());
  ASSERT_TRUE(opened->Put({}, "theirs", "value").ok());
  delete opened;
  EXPECT_EQ(Open(true).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(rocksdb::DB::Open(options, directory_.path(), &opened).ok());
  std::string value;
  EXPECT_TRUE(opened->Get({}, "theirs", &value).ok());
  delete opened;
}

TEST_F(RocksDbMembershipStoreTest, LeavesAloneALaterFormat) {
  MakeStore(3);
  Write(directory_ / "FORMAT", "shoal-tracker members\nformat 2\n");
  EXPECT_THAT(std::string(Open(true).status().message()), HasSubstr("is of format 2"));
  Write(directory_ / "FORMAT", "nonsense");
  EXPECT_THAT(std::string(Open(true).status().message()), HasSubstr("belongs to something else"));
}

TEST_F(RocksDbMembershipStoreTest, IsForOneTrackerAtATime) {
  const Opened first = Open();
  ASSERT_TRUE(first.ok());
  for (const bool repair : {false, true}) {
    const absl::Status status = Open(repair).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("another shoal-tracker"));
  }
}

TEST_F(RocksDbMembershipStoreTest, NoticesDamageOfEveryKindOfFile) {
  MakeStore(1000);
  for (const auto& [prefix, suffix] :
       {std::pair<const char*, const char*>{"CURRENT", ""}, {"MANIFEST-", ""}, {"", ".sst"}}) {
    SCOPED_TRACE(prefix + std::string("*") + suffix);
    const std::string path = File(prefix, suffix);
    const std::string whole = Contents(path);
    Damage(path);
    ExpectDamaged();
    fs::remove(path);
    ExpectDamaged();
    Write(path, whole);
  }
  EXPECT_TRUE(Open().ok());
}

TEST_F(RocksDbMembershipStoreTest, NoticesDamageWithinTheLog) {
  {
    Opened store = Open();
    // Some blocks of 32 KiB: in the last one, damage can look like an end that is incomplete.
    for (std::uint32_t i = 0; i < 2000; ++i) {
      ASSERT_TRUE((*store)->Apply({PutMember{StoredNumber(i)}}).ok());
    }
  }
  Damage(File("", ".log"));
  ExpectDamaged();
}

TEST_F(RocksDbMembershipStoreTest, DamageOfWhatIsTooLargeToCheckAtOnceShowsWhenItIsLoaded) {
  MakeStore(2000);
  Damage(File("", ".sst"));
  const Opened store =
      RocksDbMembershipStore::Open({.directory = directory_.path(), .checked_bytes_max = 1000});
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Status status = (*store)->Load([](const StoredMember&) { return true; });
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_TRUE((*store)->Apply({PutMember{Stored('t', 'a')}}).ok());
}

TEST_F(RocksDbMembershipStoreTest, RepairDoesNothingToWhatIsWhole) {
  MakeStore(1000);
  const Opened store = Open(true);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->repair_report(), "nothing to repair");
  EXPECT_THAT(MembersIn(**store), SizeIs(1000));
}

TEST_F(RocksDbMembershipStoreTest, RepairKeepsWhatCanBeRead) {
  MakeStore(1000);
  Damage(File("MANIFEST-", ""));
  Opened store = Open(true);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_THAT((*store)->repair_report(), HasSubstr("repaired"));
  EXPECT_THAT(MembersIn(**store), SizeIs(1000));
  EXPECT_TRUE((*store)->Apply({PutMember{Stored('t', 'a')}}).ok());
  store->reset();
  EXPECT_TRUE(Open().ok());
}

TEST_F(RocksDbMembershipStoreTest, RepairMendsDamageOfEveryKindOfFile) {
  MakeStore(1000);
  for (const auto& [prefix, suffix] :
       {std::pair<const char*, const char*>{"CURRENT", ""}, {"MANIFEST-", ""}, {"", ".sst"}}) {
    SCOPED_TRACE(prefix + std::string("*") + suffix);
    Damage(File(prefix, suffix));
    {
      Opened store = Open(true);
      ASSERT_TRUE(store.ok()) << store.status();
      std::vector<StoreChange> changes;
      for (std::uint32_t i = 0; i < 1000; ++i) changes.push_back(PutMember{StoredNumber(i)});
      ASSERT_TRUE((*store)->Apply(changes).ok());
    }
    const Opened store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_THAT(MembersIn(**store), SizeIs(1000));
  }
}

// As one that was killed in its first moment left it.
TEST_F(RocksDbMembershipStoreTest, ADatabaseThatWasNeverFinishedIsANewOne) {
  ASSERT_TRUE(PrepareStoreDirectory(directory_.path()).ok());
  fs::create_directories(directory_ / kDatabaseName);
  Write(directory_ / std::string(kDatabaseName) + "/MANIFEST-000001", "");
  const Opened store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_THAT(MembersIn(**store), IsEmpty());
}

}  // namespace
}  // namespace shoal::store
