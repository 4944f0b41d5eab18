// The table and what writes it behind, used by several threads at once: that nothing is lost, and,
// under ThreadSanitizer, that nothing is touched by two of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "common/random/random.h"
#include "tests/unit/tracker/fake_clock.h"
#include "tests/unit/tracker/fake_durable_store.h"
#include "tests/unit/tracker/membership/members.h"
#include "tracker/service/membership_table.h"
#include "tracker/service/write_behind.h"

namespace shoal::service {
namespace {

using membership::AnnounceEvent;
using membership::StrongMember;
using membership::SwarmAnnounce;
using membership::SwarmOf;

using Memberships = std::set<std::pair<SwarmId, PeerId>>;

constexpr std::uint32_t kThreads = 4;
constexpr std::uint32_t kMembersOfAThread = 50;
constexpr int kCallsOfAThread = 3000;
constexpr std::uint64_t kSwarms = 40;

class MembershipTableThreadsTest : public ::testing::Test {
 protected:
  // Members of `thread` alone join, refresh and leave swarms that all threads use. Returns who of
  // them is where in the end.
  Memberships Call(std::uint32_t thread) {
    Random random(thread);
    Memberships here;
    for (int i = 0; i < kCallsOfAThread; ++i) {
      const Member member = StrongMember(
          thread * kMembersOfAThread + static_cast<std::uint32_t>(random.Below(kMembersOfAThread)));
      std::vector<SwarmAnnounce> swarms(1 + random.Below(8));
      for (SwarmAnnounce& announce : swarms) {
        announce.swarm = SwarmOf(static_cast<std::uint32_t>(random.Below(kSwarms)));
        announce.event = random.Below(3) == 0 ? AnnounceEvent::kStopped : AnnounceEvent::kRefresh;
        const std::pair membership(announce.swarm, member.id);
        if (announce.event == AnnounceEvent::kStopped) {
          here.erase(membership);
        } else {
          here.insert(membership);
        }
      }
      const auto result = table_.Announce({.member = member, .swarms = swarms});
      if (!result.ok() || result->handouts.size() != swarms.size()) ++failures_;
      const DialTarget target{member.endpoint, member.id, {swarms[0].swarm}};
      if (i % 16 == 0) table_.NoteDialled(target, i % 32 == 0);
    }
    return here;
  }

  // Does it again and again until the callers are done.
  std::thread Meanwhile(std::function<void()> work) {
    return std::thread([this, work = std::move(work)] {
      while (!done_) work();
    });
  }

  void SetUp() override { table_.set_journal(&write_behind_); }

  // Those that the table knows, and those that the store does.
  Memberships Known() {
    Memberships known;
    for (std::uint32_t i = 0; i < kSwarms; ++i) {
      table_.Read(SwarmOf(i), [&](const membership::Swarm* swarm, TimePoint) {
        if (swarm == nullptr) return;
        for (const auto& record : swarm->MembersAfter(std::nullopt, 10'000)) {
          known.insert({record.swarm, record.member.id});
        }
      });
    }
    return known;
  }
  Memberships Stored() const {
    Memberships stored;
    for (const store::StoredMember& member : store_.Members()) {
      stored.insert({member.swarm, member.member.id});
    }
    return stored;
  }

  FakeClock clock_;
  FakeDurableStore store_;
  WriteBehind write_behind_{store_, clock_, [this] { return clock_.UnixMilliseconds(); }};
  MembershipTable table_{{.placement_seed = 1}, 1, clock_};
  std::atomic<bool> done_ = false;
  std::atomic<int> failures_ = 0;
};

TEST_F(MembershipTableThreadsTest, NothingIsLostBetweenThreads) {
  std::atomic<int> refused_flushes = 0;
  std::vector<std::thread> others;
  others.push_back(Meanwhile([&] { table_.KeepHouse(Milliseconds(250)); }));
  others.push_back(Meanwhile([&] {
    if (!write_behind_.Flush(table_.LongestWait()).ok()) ++refused_flushes;
  }));
  others.push_back(Meanwhile([&] {
    (void)table_.figures();
    (void)table_.LargestSwarms(std::nullopt, 10);
    std::this_thread::yield();
  }));
  std::vector<Memberships> here(kThreads);
  std::vector<std::thread> callers;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
    callers.emplace_back([this, thread, &here] { here[thread] = Call(thread); });
  }
  for (std::thread& caller : callers) caller.join();
  done_ = true;
  for (std::thread& other : others) other.join();

  Memberships expected;
  for (const Memberships& some : here) expected.insert(some.begin(), some.end());
  EXPECT_EQ(failures_, 0);
  EXPECT_EQ(Known(), expected);
  EXPECT_EQ(table_.figures().members, expected.size());
  EXPECT_EQ(refused_flushes, 0);
  ASSERT_TRUE(write_behind_.Flush(table_.LongestWait()).ok());
  EXPECT_EQ(Stored(), expected);
}

TEST_F(MembershipTableThreadsTest, CallsWhileMembersArePutBackCount) {
  std::vector<membership::MemberRecord> records;
  for (std::uint32_t number = 0; number < kThreads * kMembersOfAThread; ++number) {
    for (std::uint32_t swarm = 0; swarm < kSwarms; ++swarm) {
      records.push_back({.swarm = SwarmOf(swarm), .member = StrongMember(number)});
    }
  }
  table_.BeginWarming(Seconds(20));
  std::vector<Memberships> here(kThreads);
  std::vector<std::thread> callers;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
    callers.emplace_back([this, thread, &here] { here[thread] = Call(thread); });
  }
  for (std::size_t i = 0; i < records.size(); i += 100) {
    table_.Restore(std::span(records).subspan(i, 100));
  }
  table_.EndWarming();
  for (std::thread& caller : callers) caller.join();

  EXPECT_EQ(failures_, 0);
  const Memberships known = Known();
  for (const Memberships& some : here) {
    for (const auto& membership : some) EXPECT_TRUE(known.contains(membership));
  }
  // Whoever was put back and has not called goes when its grace is over.
  clock_.Advance(Seconds(20.1));
  Memberships called;
  for (const Memberships& some : here) called.insert(some.begin(), some.end());
  EXPECT_EQ(Known(), called);
}

}  // namespace
}  // namespace shoal::service
