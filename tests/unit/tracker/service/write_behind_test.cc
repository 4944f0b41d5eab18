#include "tracker/service/write_behind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/tracker/fake_clock.h"
#include "tests/unit/tracker/membership/members.h"

namespace shoal::service {
namespace {

using membership::MemberRecord;
using membership::Peer;
using membership::StrongMember;
using membership::SwarmOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Keeps the batches apart.
class FakeStore final : public store::MembershipStore {
 public:
  absl::Status Apply(const std::vector<store::StoreChange>& changes) override {
    if (!status_.ok()) return status_;
    batches_.push_back(changes);
    return absl::OkStatus();
  }
  absl::Status Load(absl::FunctionRef<void(const store::StoredMember&)> visit) const override {
    for (const store::StoredMember& member : stored_) visit(member);
    return status_;
  }
  bool outlives_process() const override { return true; }

  absl::Status status_;
  std::vector<std::vector<store::StoreChange>> batches_;
  std::vector<store::StoredMember> stored_;
};

class WriteBehindTest : public ::testing::Test {
 protected:
  MemberRecord Record(std::uint32_t peer) const {
    return {SwarmOf(1), StrongMember(peer), clock_.Now() - Seconds(10), clock_.Now() + Seconds(30)};
  }

  FakeClock clock_;
  FakeStore store_;
  WriteBehind write_behind_{store_, clock_, [this] { return clock_.UnixMilliseconds(); }};
};

TEST_F(WriteBehindTest, WritesInOneBatchWhatChanged) {
  write_behind_.Put(Record(1));
  write_behind_.Put(Record(2));
  write_behind_.Remove(SwarmOf(1), Peer(3));
  EXPECT_THAT(store_.batches_, IsEmpty());
  ASSERT_TRUE(write_behind_.Flush().ok());
  ASSERT_THAT(store_.batches_, SizeIs(1));
  EXPECT_THAT(store_.batches_[0], SizeIs(3));
}

TEST_F(WriteBehindTest, WritesNothingWithoutChanges) {
  write_behind_.Put(Record(1));
  ASSERT_TRUE(write_behind_.Flush().ok());
  ASSERT_TRUE(write_behind_.Flush().ok());
  EXPECT_THAT(store_.batches_, SizeIs(1));
}

TEST_F(WriteBehindTest, OnlyTheLastChangeOfAMemberCounts) {
  write_behind_.Put(Record(1));
  write_behind_.Remove(SwarmOf(1), Peer(1));
  ASSERT_TRUE(write_behind_.Flush().ok());
  ASSERT_THAT(store_.batches_, ElementsAre(SizeIs(1)));
  const auto* removed = std::get_if<store::RemoveMember>(&store_.batches_[0][0]);
  ASSERT_NE(removed, nullptr);
  EXPECT_EQ(removed->peer, Peer(1));
}

TEST_F(WriteBehindTest, TimesAreThoseOfTheWallClock) {
  write_behind_.Put(Record(1));
  const std::int64_t unix_now = clock_.UnixMilliseconds();
  clock_.Advance(Seconds(2));
  ASSERT_TRUE(write_behind_.Flush().ok());
  const auto& put = std::get<store::PutMember>(store_.batches_.at(0).at(0));
  EXPECT_EQ(put.member.joined_unix_ms, unix_now - 10'000);
  EXPECT_EQ(put.member.expires_unix_ms, unix_now + 30'000);
}

TEST_F(WriteBehindTest, LoadsTimesOntoThisProcessesClock) {
  store_.stored_ = {{.swarm = SwarmOf(1),
                     .member = StrongMember(1),
                     .joined_unix_ms = clock_.UnixMilliseconds() - 10'000,
                     .expires_unix_ms = clock_.UnixMilliseconds() + 30'000}};
  std::vector<MemberRecord> loaded;
  ASSERT_TRUE(
      write_behind_.Load([&](const MemberRecord& record) { loaded.push_back(record); }).ok());
  EXPECT_THAT(loaded, ElementsAre(Record(1)));
}

TEST_F(WriteBehindTest, TellsWhatTheStoreSaysAndGivesTheBatchUp) {
  write_behind_.Put(Record(1));
  store_.status_ = absl::InternalError("disk full");
  EXPECT_EQ(write_behind_.Flush().message(), "disk full");
  store_.status_ = absl::OkStatus();
  write_behind_.Put(Record(2));
  ASSERT_TRUE(write_behind_.Flush().ok());
  EXPECT_THAT(store_.batches_, ElementsAre(SizeIs(1)));
}

}  // namespace
}  // namespace shoal::service
