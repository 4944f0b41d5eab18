// What every MembershipStore must do. An implementation joins by a line in the instantiation below.
#include "tracker/store/membership_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tracker/store/in_memory_membership_store.h"

namespace shoal::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<MembershipStore>()> make;
};

StoredMember Stored(char swarm, char peer) {
  return {.swarm = *SwarmId::FromBytes(std::string(16, swarm)),
          .member = {.id = *PeerId::FromBytes(std::string(16, peer)),
                     .endpoint = {std::string("\x0a\0\xff\x03", 4), 7000},
                     .zone = 0x0a00,
                     .upload_class = 12},
          .joined_unix_ms = 1'700'000'000'000,
          .expires_unix_ms = 1'700'000'030'000};
}

RemoveMember Remove(const StoredMember& stored) { return {stored.swarm, stored.member.id}; }

class MembershipStoreTest : public ::testing::TestWithParam<Implementation> {
 protected:
  MembershipStoreTest() : store_(GetParam().make()) {}

  void Apply(const std::vector<StoreChange>& changes) {
    const absl::Status status = store_->Apply(changes);
    ASSERT_TRUE(status.ok()) << status;
  }

  std::vector<StoredMember> Load() const {
    std::vector<StoredMember> members;
    const absl::Status status =
        store_->Load([&](const StoredMember& member) { members.push_back(member); });
    EXPECT_TRUE(status.ok()) << status;
    return members;
  }

  std::unique_ptr<MembershipStore> store_;
};

TEST_P(MembershipStoreTest, IsEmptyAtFirst) { EXPECT_THAT(Load(), IsEmpty()); }

TEST_P(MembershipStoreTest, LoadsWhatWasPut) {
  Apply({PutMember{Stored('s', 'a')}, PutMember{Stored('s', 'b')}, PutMember{Stored('t', 'a')}});
  EXPECT_THAT(Load(), UnorderedElementsAre(Stored('s', 'a'), Stored('s', 'b'), Stored('t', 'a')));
}

TEST_P(MembershipStoreTest, KeepsEveryFieldOfEveryKindOfMember) {
  StoredMember ipv6 = Stored('s', 'a');
  ipv6.member.endpoint = {std::string("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09", 16), 65535};
  ipv6.member.upload_class = kUploadUnknown;
  ipv6.member.can_be_dialled = false;
  StoredMember hidden = Stored('s', 'b');
  hidden.member.endpoint.port = 0;
  hidden.member.zone = 0xffff;
  hidden.member.upload_class = kUploadNone;
  hidden.joined_unix_ms = 0;
  Apply({PutMember{ipv6}, PutMember{hidden}});
  EXPECT_THAT(Load(), UnorderedElementsAre(ipv6, hidden));
}

TEST_P(MembershipStoreTest, PuttingAgainReplaces) {
  Apply({PutMember{Stored('s', 'a')}});
  StoredMember changed = Stored('s', 'a');
  changed.expires_unix_ms += 1000;
  changed.member.endpoint.port = 1;
  Apply({PutMember{changed}});
  EXPECT_THAT(Load(), ElementsAre(changed));
}

TEST_P(MembershipStoreTest, RemovesThatMemberOfThatSwarmOnly) {
  Apply({PutMember{Stored('s', 'a')}, PutMember{Stored('s', 'b')}, PutMember{Stored('t', 'a')}});
  Apply({Remove(Stored('s', 'a'))});
  EXPECT_THAT(Load(), UnorderedElementsAre(Stored('s', 'b'), Stored('t', 'a')));
}

TEST_P(MembershipStoreTest, CarriesOutChangesInTheirOrder) {
  Apply({PutMember{Stored('s', 'a')}, Remove(Stored('s', 'a')), Remove(Stored('s', 'b')),
         PutMember{Stored('s', 'b')}});
  EXPECT_THAT(Load(), ElementsAre(Stored('s', 'b')));
}

TEST_P(MembershipStoreTest, RemovingWhatIsNotStoredIsNoError) {
  Apply({Remove(Stored('s', 'a'))});
  EXPECT_THAT(Load(), IsEmpty());
}

TEST_P(MembershipStoreTest, AnEmptyBatchChangesNothing) {
  Apply({PutMember{Stored('s', 'a')}});
  Apply({});
  EXPECT_THAT(Load(), ElementsAre(Stored('s', 'a')));
}

INSTANTIATE_TEST_SUITE_P(Stores, MembershipStoreTest,
                         ::testing::Values(Implementation{
                             "InMemory",
                             [] { return std::make_unique<InMemoryMembershipStore>(); }}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace shoal::store
