#include "tracker/service/write_behind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <utility>
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
  absl::Status Load(absl::FunctionRef<bool(const store::StoredMember&)> visit) const override {
    for (const store::StoredMember& member : stored_) {
      if (!visit(member)) break;
    }
    return status_;
  }
  absl::StatusOr<std::optional<Duration>> LongestWait() const override {
    return std::optional<Duration>();
  }
  bool outlives_process() const override { return true; }

  absl::Status status_;
  std::vector<std::vector<store::StoreChange>> batches_;
  std::vector<store::StoredMember> stored_;
};

constexpr Duration kWait = Seconds(17);

class WriteBehindTest : public ::testing::Test {
 protected:
  // With the wait already stored, so that batches have members only.
  WriteBehindTest() {
    EXPECT_TRUE(write_behind_.Flush(kWait).ok());
    store_.batches_.clear();
  }

  absl::Status Flush() { return write_behind_.Flush(kWait); }

  MemberRecord Record(std::uint32_t peer) const {
    return {SwarmOf(1), StrongMember(peer), clock_.Now() - Seconds(10), TimePoint()};
  }

  std::vector<MemberRecord> Loaded() const {
    std::vector<MemberRecord> loaded;
    const absl::Status status = write_behind_.Load([&](const MemberRecord& record) {
      loaded.push_back(record);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    return loaded;
  }

  FakeClock clock_;
  FakeStore store_;
  WriteBehind write_behind_{store_, clock_, [this] { return clock_.UnixMilliseconds(); }, 3};
};

TEST_F(WriteBehindTest, WritesInOneBatchWhatChanged) {
  write_behind_.Put(Record(1));
  write_behind_.Put(Record(2));
  write_behind_.Remove(SwarmOf(1), Peer(3));
  EXPECT_THAT(store_.batches_, IsEmpty());
  ASSERT_TRUE(Flush().ok());
  ASSERT_THAT(store_.batches_, SizeIs(1));
  EXPECT_THAT(store_.batches_[0], SizeIs(3));
}

TEST_F(WriteBehindTest, WritesNothingWithoutChanges) {
  write_behind_.Put(Record(1));
  ASSERT_TRUE(Flush().ok());
  ASSERT_TRUE(Flush().ok());
  EXPECT_THAT(store_.batches_, SizeIs(1));
}

TEST_F(WriteBehindTest, OnlyTheLastChangeOfAMemberCounts) {
  write_behind_.Put(Record(1));
  write_behind_.Remove(SwarmOf(1), Peer(1));
  ASSERT_TRUE(Flush().ok());
  ASSERT_THAT(store_.batches_, ElementsAre(SizeIs(1)));
  const auto* removed = std::get_if<store::RemoveMember>(&store_.batches_[0][0]);
  ASSERT_NE(removed, nullptr);
  EXPECT_EQ(removed->peer, Peer(1));
}

TEST_F(WriteBehindTest, TimesAreThoseOfTheWallClock) {
  write_behind_.Put(Record(1));
  const std::int64_t unix_now = clock_.UnixMilliseconds();
  clock_.Advance(Seconds(2));
  ASSERT_TRUE(Flush().ok());
  const auto& put = std::get<store::PutMember>(store_.batches_.at(0).at(0));
  EXPECT_EQ(put.member.joined_unix_ms, unix_now - 10'000);
}

TEST_F(WriteBehindTest, LoadsTimesOntoThisProcessesClock) {
  store_.stored_ = {{.swarm = SwarmOf(1),
                     .member = StrongMember(1),
                     .joined_unix_ms = clock_.UnixMilliseconds() - 10'000}};
  EXPECT_THAT(Loaded(), ElementsAre(Record(1)));
}

// The wall clock may have been set, or have been wrong, before or now.
TEST_F(WriteBehindTest, NobodyHasJoinedInTheFutureOrBeforeMemory) {
  for (const std::int64_t joined_unix_ms :
       {clock_.UnixMilliseconds() + 1'000'000'000, std::numeric_limits<std::int64_t>::min() / 4}) {
    store_.stored_ = {
        {.swarm = SwarmOf(1), .member = StrongMember(1), .joined_unix_ms = joined_unix_ms}};
    const std::vector<MemberRecord> loaded = Loaded();
    ASSERT_THAT(loaded, SizeIs(1));
    EXPECT_LE(loaded[0].joined, clock_.Now());
    EXPECT_GE(loaded[0].joined, clock_.Now() - Seconds(3651.0 * 24 * 3600));
  }
}

TEST_F(WriteBehindTest, KeepsWhatTheStoreRefusesUntilItTakesIt) {
  write_behind_.Put(Record(1));
  write_behind_.Put(Record(2));
  store_.status_ = absl::InternalError("disk full");
  EXPECT_EQ(Flush().message(), "disk full");
  EXPECT_EQ(write_behind_.unwritten(), 2u);
  write_behind_.Remove(SwarmOf(1), Peer(2));  // newer than what was refused
  EXPECT_EQ(Flush().message(), "disk full");
  store_.status_ = absl::OkStatus();
  ASSERT_TRUE(Flush().ok());
  EXPECT_EQ(write_behind_.unwritten(), 0u);
  ASSERT_THAT(store_.batches_, ElementsAre(SizeIs(2)));
  int puts = 0;
  for (const store::StoreChange& change : store_.batches_[0]) {
    if (const auto* put = std::get_if<store::PutMember>(&change)) {
      ++puts;
      EXPECT_EQ(put->member.member.id, Peer(1));
    }
  }
  EXPECT_EQ(puts, 1);
}

TEST_F(WriteBehindTest, KeepsNoMoreThanItsBoundAndCountsTheRest) {
  store_.status_ = absl::InternalError("disk full");
  for (std::uint32_t i = 1; i <= 5; ++i) {
    write_behind_.Put(Record(i));
    EXPECT_FALSE(Flush().ok());
  }
  write_behind_.Put(Record(1));  // one of those kept
  EXPECT_EQ(write_behind_.unwritten(), 3u);
  EXPECT_EQ(write_behind_.lost(), 2u);
}

TEST_F(WriteBehindTest, WritesMoreThanABatchHolds) {
  WriteBehind write_behind(store_, clock_, [] { return 0; });
  for (std::uint32_t i = 0; i < 50'000; ++i) write_behind.Put(Record(i));
  ASSERT_TRUE(write_behind.Flush(kWait).ok());
  std::set<PeerId> written;
  std::size_t waits = 0;
  for (const auto& batch : store_.batches_) {
    for (const store::StoreChange& change : batch) {
      if (const auto* put = std::get_if<store::PutMember>(&change)) {
        written.insert(put->member.member.id);
      } else {
        ++waits;
      }
    }
  }
  EXPECT_GT(store_.batches_.size(), 1u);
  EXPECT_THAT(written, SizeIs(50'000));
  EXPECT_EQ(waits, 1u);
}

TEST_F(WriteBehindTest, WritesTheLongestWaitWhenItGrowsOrShrinksByMuch) {
  for (const auto& [seconds, batches] : {std::pair<double, std::size_t>{17, 0},
                                         {17.1, 1},
                                         {16, 1},
                                         {13, 1},
                                         {11, 2},
                                         {900, 3},
                                         {900, 3}}) {
    ASSERT_TRUE(write_behind_.Flush(Seconds(seconds)).ok());
    EXPECT_THAT(store_.batches_, SizeIs(batches)) << seconds;
  }
  EXPECT_EQ(std::get<store::SetLongestWait>(store_.batches_.back().at(0)).wait, Seconds(900));
}

}  // namespace
}  // namespace shoal::service
