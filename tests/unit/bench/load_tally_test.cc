#include "tests/bench/announce_load/load_tally.h"

#include <gtest/gtest.h>

namespace shoal::bench {
namespace {

constexpr TimePoint kBegin(Seconds(100));
constexpr AnnounceReply kReply{.interval = Seconds(15), .memberships = 2, .members = 60};

TimePoint At(double seconds) { return kBegin + Seconds(seconds); }

TEST(LoadTallyTest, LatencyIsFromTheIntendedTime) {
  LoadTally tally(10, kBegin, At(10));
  tally.OnAnswered({0, At(1)}, kReply, At(3.5));
  EXPECT_EQ(tally.result().latency.max(), Seconds(2.5));
  EXPECT_EQ(tally.result().memberships, 2u);
  EXPECT_EQ(tally.result().members_handed_out, 60u);
}

TEST(LoadTallyTest, CountsOnlyWhatFallsIntoItsTime) {
  LoadTally tally(10, kBegin, At(10));
  tally.OnAnswered({0, At(-1)}, kReply, At(0.5));  // an answer, but not a latency
  tally.OnAnswered({1, At(9.5)}, kReply, At(10));  // the other way round
  tally.OnFailed({2, At(9)}, At(10.1));
  EXPECT_EQ(tally.result().answered, 1u);
  EXPECT_EQ(tally.result().failed, 0u);
  EXPECT_EQ(tally.result().latency.count(), 1u);
  EXPECT_EQ(tally.result().latency.max(), Seconds(0.5));
}

TEST(LoadTallyTest, SecondsHoldWhatWasDueThenAndWhatCameThen) {
  LoadTally tally(10, kBegin, At(10));
  tally.OnDue({0, At(0.2)});
  tally.OnDue({1, At(2.7)});
  tally.OnAnswered({0, At(0.2)}, kReply, At(2.1));
  tally.OnFailed({1, At(2.7)}, At(2.9));
  ASSERT_EQ(tally.result().series.size(), 3u);
  EXPECT_EQ(tally.result().series[0].due, 1u);
  EXPECT_EQ(tally.result().series[0].answered, 0u);
  EXPECT_EQ(tally.result().series[2].due, 1u);
  EXPECT_EQ(tally.result().series[2].answered, 1u);
  EXPECT_EQ(tally.result().series[2].failed, 1u);
}

TEST(LoadTallyTest, AnOutageEndsWhenAllMembersHadANewAnswer) {
  LoadTally tally(2, kBegin, At(100));
  tally.OnLost(At(10));
  tally.OnLost(At(11));                            // the same outage
  tally.OnAnswered({0, At(9)}, kReply, At(10.5));  // was on its way before
  tally.OnFailed({1, At(10.2)}, At(10.2));
  tally.OnAnswered({1, At(12)}, kReply, At(12));
  tally.OnAnswered({1, At(20)}, kReply, At(20));
  ASSERT_TRUE(tally.result().outage);
  EXPECT_EQ(tally.result().outage->all_back_s, std::nullopt);
  EXPECT_EQ(tally.result().outage->members_back, 1u);
  tally.OnAnswered({0, At(24)}, kReply, At(25));
  EXPECT_EQ(tally.result().outage->began_s, 10.0);
  EXPECT_EQ(tally.result().outage->all_back_s, 15.0);
  tally.OnFailed({0, At(30)}, At(30));  // after it
  EXPECT_EQ(tally.result().outage->failed, 1u);
}

}  // namespace
}  // namespace shoal::bench
