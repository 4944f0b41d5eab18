// What every MembershipStore must do.
#include "tracker/store/membership_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/tracker/store/store_contract.h"
#include "tracker/store/in_memory_membership_store.h"

namespace shoal::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

RemoveMember Remove(const StoredMember& stored) { return {stored.swarm, stored.member.id}; }

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
  changed.joined_unix_ms += 1000;
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

TEST_P(MembershipStoreTest, LoadsUntilToldToStop) {
  Apply({PutMember{Stored('s', 'a')}, PutMember{Stored('s', 'b')}, PutMember{Stored('t', 'a')}});
  int visited = 0;
  EXPECT_TRUE(store_->Load([&](const StoredMember&) { return ++visited < 2; }).ok());
  EXPECT_EQ(visited, 2);
}

TEST_P(MembershipStoreTest, KnowsTheLastLongestWait) {
  EXPECT_EQ(store_->LongestWait().value(), std::nullopt);
  Apply({SetLongestWait{Seconds(17)}, PutMember{Stored('s', 'a')}});
  Apply({SetLongestWait{Milliseconds(900'001)}});
  EXPECT_EQ(store_->LongestWait().value(), Milliseconds(900'001));
  EXPECT_THAT(Load(), SizeIs(1));
}

TEST_P(MembershipStoreTest, CanBeLoadedWhileChangesAreApplied) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer does not see the locks of Debian's Abseil";
#endif
  constexpr std::uint32_t kBefore = 1000;
  std::vector<StoreChange> before;
  for (std::uint32_t i = 0; i < kBefore; ++i) before.push_back(PutMember{StoredNumber(i)});
  Apply(before);
  std::atomic<bool> done = false;
  std::thread loader([&] {
    while (!done) {
      std::size_t old = 0;
      EXPECT_TRUE(store_
                      ->Load([&](const StoredMember& member) {
                        old += member.joined_unix_ms == Stored('s', 'p').joined_unix_ms ? 1 : 0;
                        return true;
                      })
                      .ok());
      EXPECT_EQ(old, kBefore);  // whatever it sees of the others
    }
  });
  for (std::uint32_t i = kBefore; i < 4 * kBefore; ++i) {
    StoredMember later = StoredNumber(i);
    later.joined_unix_ms = 1;
    Apply({PutMember{later}});
  }
  done = true;
  loader.join();
  EXPECT_THAT(Load(), SizeIs(4 * kBefore));
}

TEST_P(MembershipStoreTest, WhatOutlivesTheProcessIsThereWhenOpenedAgain) {
  Apply({PutMember{Stored('s', 'a')}, PutMember{Stored('s', 'b')}, SetLongestWait{Seconds(20)}});
  Apply({Remove(Stored('s', 'a'))});
  const bool outlives = store_->outlives_process();
  store_.reset();
  store_ = GetParam().open(directory_.path());
  if (outlives) {
    EXPECT_THAT(Load(), ElementsAre(Stored('s', 'b')));
    EXPECT_EQ(store_->LongestWait().value(), Seconds(20));
  } else {
    EXPECT_THAT(Load(), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(InMemory, MembershipStoreTest,
                         ::testing::Values(Implementation{
                             "InMemory",
                             [](const std::string&) {
                               return std::make_unique<InMemoryMembershipStore>();
                             }}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace shoal::store
