#include "tests/bench/announce_load/call_table.h"

#include <gtest/gtest.h>

namespace shoal::bench {
namespace {

constexpr TimePoint kNow(Seconds(5));

TEST(CallTableTest, GivesEachCallBackOnce) {
  CallTable calls(Seconds(1));
  const CallTable::Tag first = calls.Add({1, kNow}, kNow);
  const CallTable::Tag second = calls.Add({2, kNow}, kNow);
  EXPECT_EQ(calls.Take(second), (DueAnnounce{2, kNow}));
  EXPECT_EQ(calls.Take(second), std::nullopt);
  EXPECT_EQ(calls.Take(first), (DueAnnounce{1, kNow}));
  EXPECT_EQ(calls.size(), 0u);
}

TEST(CallTableTest, AnOldTagIsNotThatOfALaterCall) {
  CallTable calls(Seconds(1));
  const CallTable::Tag old = calls.Add({1, kNow}, kNow);
  calls.Take(old);
  const CallTable::Tag later = calls.Add({2, kNow}, kNow);
  EXPECT_NE(old, later);
  EXPECT_EQ(calls.Take(old), std::nullopt);
  EXPECT_EQ(calls.Take(later), (DueAnnounce{2, kNow}));
}

TEST(CallTableTest, EndsWhatHasTakenTooLongAndNothingElse) {
  CallTable calls(Seconds(1));
  const CallTable::Tag answered = calls.Add({1, kNow}, kNow);
  calls.Add({2, kNow}, kNow);
  calls.Add({3, kNow}, kNow + Seconds(0.5));
  calls.Take(answered);
  EXPECT_EQ(calls.TakeExpired(kNow + Seconds(0.9)), std::nullopt);
  EXPECT_EQ(calls.TakeExpired(kNow + Seconds(1)), (DueAnnounce{2, kNow}));
  EXPECT_EQ(calls.TakeExpired(kNow + Seconds(1)), std::nullopt);
  EXPECT_EQ(calls.size(), 1u);
}

}  // namespace
}  // namespace shoal::bench
