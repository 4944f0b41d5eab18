#include "tracker/service/persistence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "tests/unit/tracker/fake_clock.h"
#include "tests/unit/tracker/fake_durable_store.h"
#include "tests/unit/tracker/membership/members.h"
#include "tracker/membership/announce_interval.h"

namespace shoal::service {
namespace {

using membership::AnnounceEvent;
using membership::StrongMember;
using membership::SwarmOf;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PersistenceTest : public ::testing::Test {
 protected:
  // A tracker's process, from its start to its end.
  struct Process {
    MembershipTable table;
    StoreFigures figures;
    std::atomic<bool> healthy = false;
    Persistence persistence;

    explicit Process(PersistenceTest& test)
        : table({.announces_per_second = test.announce_rate_, .placement_seed = 1}, 1, test.clock_),
          persistence(table, test.store_, figures, test.clock_, [&test] {
            return test.clock_.UnixMilliseconds() + test.wall_clock_jump_ms_;
          }) {
      persistence.Start([this](bool is_healthy) { healthy = is_healthy; });
    }
  };

  void Start() {
    process_.emplace(*this);
    WaitFor([&] { return !store_held_ || process_->table.warming(); });
    if (!store_held_) WaitFor([&] { return !process_->table.warming(); });
  }
  void End() { process_.reset(); }

  void HoldLoad(bool hold) {
    store_held_ = hold;
    store_.LetLoad(!hold);
  }

  template <class Condition>
  static void WaitFor(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_TRUE(condition());
  }

  Duration Announce(std::uint32_t peer, AnnounceEvent event = AnnounceEvent::kRefresh) {
    return Announce(StrongMember(peer), event);
  }
  Duration Announce(const Member& member, AnnounceEvent event) {
    const absl::StatusOr<membership::AnnounceResult> result =
        process_->table.Announce({.member = member, .swarms = {{SwarmOf(1), event}}});
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->interval : Duration();
  }

  std::size_t Members() { return process_->table.figures().members; }

  double announce_rate_ = 1000;
  std::int64_t wall_clock_jump_ms_ = 0;
  bool store_held_ = false;
  FakeClock clock_;
  FakeDurableStore store_;
  std::optional<Process> process_;
};

TEST_F(PersistenceTest, WritesJoinsAndLeavesSoon) {
  Start();
  Announce(1);
  Announce(2);
  EXPECT_TRUE(store_.BecomesSize(2));
  Announce(1, AnnounceEvent::kStopped);
  EXPECT_TRUE(store_.BecomesSize(1));
  clock_.Advance(Seconds(60));
  process_->table.RemoveExpired();
  EXPECT_TRUE(store_.BecomesSize(0));
}

TEST_F(PersistenceTest, WritesTheRestWhenItEnds) {
  Start();
  Announce(1);
  End();
  EXPECT_THAT(store_.Members(), SizeIs(1));
}

TEST_F(PersistenceTest, PutsBackWhatIsStored) {
  Start();
  for (std::uint32_t i = 0; i < 1000; ++i) Announce(i);
  End();
  Start();
  EXPECT_EQ(Members(), 1000u);
  EXPECT_EQ(process_->figures.restored, 1000u);
  EXPECT_TRUE(process_->healthy);
}

TEST_F(PersistenceTest, WhoIsPutBackStandsForOneInterval) {
  Start();
  const Duration interval = Announce(1);
  End();
  clock_.Advance(Seconds(3600));  // it would have expired long ago
  Start();
  clock_.Advance(interval - Milliseconds(10));
  EXPECT_EQ(Members(), 1u);
  clock_.Advance(Milliseconds(100));
  EXPECT_EQ(Members(), 0u);
  EXPECT_TRUE(store_.BecomesSize(0));
}

TEST_F(PersistenceTest, WhoIsPutBackAndCallsStays) {
  Start();
  Announce(1);
  Announce(2);
  End();
  Start();
  clock_.Advance(Seconds(10));
  Announce(1);
  clock_.Advance(Seconds(20));
  EXPECT_EQ(Members(), 1u);
  EXPECT_TRUE(store_.BecomesSize(1));
}

// Those of a crowd that has gone may have been told to call far more seldom than newcomers are.
TEST_F(PersistenceTest, TheIntervalIsTheLongestThatAnyWasTold) {
  announce_rate_ = 0.1;
  Start();
  for (std::uint32_t i = 1; i < 50; ++i) Announce(i);
  const Duration longest = Announce(50);
  ASSERT_GT(longest, Seconds(300));
  for (std::uint32_t i = 1; i < 50; ++i) Announce(i, AnnounceEvent::kStopped);
  End();
  Start();
  clock_.Advance(Seconds(300));
  EXPECT_EQ(Members(), 1u);
}

// A second restart must not shorten what the first one granted.
TEST_F(PersistenceTest, RestartingAgainGrantsAnIntervalAgain) {
  Start();
  const Duration interval = Announce(1);
  for (int restart = 0; restart < 3; ++restart) {
    End();
    Start();
  }
  clock_.Advance(interval - Milliseconds(10));
  EXPECT_EQ(Members(), 1u);
}

TEST_F(PersistenceTest, TheWallClockDoesNotMatter) {
  const std::int64_t year_ms = std::int64_t{365} * 24 * 3600 * 1000;
  for (const std::int64_t jump : {-50 * year_ms, year_ms, std::int64_t{0}}) {
    SCOPED_TRACE(jump);
    wall_clock_jump_ms_ = 0;
    Start();
    const Duration interval = Announce(1);
    End();
    wall_clock_jump_ms_ = jump;
    Start();
    clock_.Advance(interval - Milliseconds(10));
    EXPECT_EQ(Members(), 1u);
    process_->table.Read(SwarmOf(1), [&](const membership::Swarm* swarm, TimePoint now) {
      EXPECT_LE(swarm->Describe().oldest_joined, now);
    });
    clock_.Advance(Milliseconds(100));
    EXPECT_EQ(Members(), 0u);
    End();
    EXPECT_THAT(store_.Members(), IsEmpty());
  }
}

TEST_F(PersistenceTest, AnswersWhileItPutsBack) {
  Start();
  Announce(1);
  Announce(2);
  End();
  HoldLoad(true);
  Start();
  EXPECT_TRUE(process_->table.warming());
  Announce(3);
  EXPECT_EQ(Members(), 1u);
  EXPECT_TRUE(store_.BecomesSize(3));  // also what joins now is stored
  HoldLoad(false);
  WaitFor([&] { return !process_->table.warming(); });
  EXPECT_EQ(Members(), 3u);
}

TEST_F(PersistenceTest, WhatMembersSayWhileItPutsBackCounts) {
  Start();
  Announce(1);
  Announce(2);
  End();
  HoldLoad(true);
  Start();
  Member changed = StrongMember(1);
  changed.upload_class = 3;
  Announce(changed, AnnounceEvent::kRefresh);
  Announce(2, AnnounceEvent::kStopped);
  HoldLoad(false);
  WaitFor([&] { return !process_->table.warming(); });
  EXPECT_EQ(Members(), 1u);
  process_->table.Read(SwarmOf(1), [&](const membership::Swarm* swarm, TimePoint) {
    EXPECT_EQ(swarm->Find(changed.id)->member, changed);
  });
  EXPECT_TRUE(store_.BecomesSize(1));
}

// Whoever knows an id must not be able to remove its member from somewhere else; not now either.
TEST_F(PersistenceTest, StoppingFromAnotherAddressWhileItPutsBackDoesNotCount) {
  Start();
  Announce(1);
  End();
  HoldLoad(true);
  Start();
  Member elsewhere = StrongMember(1);
  elsewhere.endpoint.address = {9, 9, 9, 9};
  Announce(elsewhere, AnnounceEvent::kStopped);
  HoldLoad(false);
  WaitFor([&] { return !process_->table.warming(); });
  EXPECT_EQ(Members(), 1u);
}

TEST_F(PersistenceTest, GoesOnInMemoryWhenTheStoreFailsAndCatchesUp) {
  Start();
  Announce(1);
  EXPECT_TRUE(store_.BecomesSize(1));
  store_.RefuseWith(absl::ResourceExhaustedError("the disk is full"));
  Announce(2);
  Announce(1, AnnounceEvent::kStopped);
  WaitFor([&] { return !process_->healthy; });
  EXPECT_TRUE(process_->figures.failing);
  WaitFor([&] { return process_->figures.unwritten == 2; });
  Announce(3);
  EXPECT_EQ(Members(), 2u);
  store_.RefuseWith(absl::OkStatus());
  WaitFor([&] { return process_->healthy.load(); });
  EXPECT_FALSE(process_->figures.failing);
  EXPECT_TRUE(store_.BecomesSize(2));
  EXPECT_GE(process_->figures.failures, 1u);
}

TEST_F(PersistenceTest, SaysWhenWhatIsStoredIsDamagedAndGoesOn) {
  Start();
  Announce(1);
  End();
  store_.EndLoadWith(absl::DataLossError("checksum mismatch"));
  Start();
  WaitFor([&] { return process_->figures.damaged.load(); });
  EXPECT_FALSE(process_->figures.healthy());
  EXPECT_FALSE(process_->healthy);
  EXPECT_EQ(Members(), 1u);
  Announce(2);
  EXPECT_TRUE(store_.BecomesSize(2));
}

}  // namespace
}  // namespace shoal::service
