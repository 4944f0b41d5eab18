// What tests of stores share. The contract itself is membership_store_test.cc; an implementation
// joins by instantiating it.
#ifndef SHOAL_TESTS_UNIT_TRACKER_STORE_STORE_CONTRACT_H_
#define SHOAL_TESTS_UNIT_TRACKER_STORE_STORE_CONTRACT_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tracker/store/membership_store.h"

namespace shoal::store {

inline StoredMember Stored(char swarm, char peer) {
  return {.swarm = *SwarmId::FromBytes(std::string(16, swarm)),
          .member = {.id = *PeerId::FromBytes(std::string(16, peer)),
                     .endpoint = {std::string("\x0a\0\xff\x03", 4), 7000},
                     .zone = 0x0a00,
                     .upload_class = 12},
          .joined_unix_ms = 1'700'000'000'000};
}

// One of many, all in one swarm.
inline StoredMember StoredNumber(std::uint32_t number) {
  StoredMember stored = Stored('s', 'p');
  std::string id(16, '\0');
  for (int i = 0; i < 4; ++i) {
    id[static_cast<std::size_t>(i)] = static_cast<char>(number >> 8 * i);
  }
  stored.member.id = *PeerId::FromBytes(id);
  return stored;
}

inline std::vector<StoredMember> MembersIn(const MembershipStore& store) {
  std::vector<StoredMember> members;
  const absl::Status status = store.Load([&](const StoredMember& member) {
    members.push_back(member);
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  return members;
}

// A path at which nothing is; what is made there goes with this.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    static int count = 0;
    path_ = absl::StrCat(::testing::TempDir(), "shoal-store-", getpid(), "-", ++count);
    std::filesystem::remove_all(path_);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return absl::StrCat(path_, "/", name); }

 private:
  std::string path_;
};

struct Implementation {
  std::string name;
  // The store of this directory, which need not exist; one at a time.
  std::function<std::unique_ptr<MembershipStore>(const std::string& directory)> open;
};

class MembershipStoreTest : public ::testing::TestWithParam<Implementation> {
 protected:
  MembershipStoreTest() : store_(GetParam().open(directory_.path())) {}

  void Apply(const std::vector<StoreChange>& changes) {
    const absl::Status status = store_->Apply(changes);
    ASSERT_TRUE(status.ok()) << status;
  }
  std::vector<StoredMember> Load() const { return MembersIn(*store_); }

  TemporaryDirectory directory_;
  std::unique_ptr<MembershipStore> store_;
};

}  // namespace shoal::store

#endif  // SHOAL_TESTS_UNIT_TRACKER_STORE_STORE_CONTRACT_H_
