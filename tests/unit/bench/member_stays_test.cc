#include "tests/bench/announce_load/member_stays.h"

#include <gtest/gtest.h>

namespace shoal::bench {
namespace {

constexpr TimePoint kBegin{Seconds(1000)};

// How many of `members` are still there, `waited` after they came.
std::size_t Staying(MemberStays& stays, std::size_t members, Duration waited) {
  std::size_t staying = 0;
  for (std::size_t i = 0; i < members; ++i) {
    stays.Begin(i, kBegin);
    staying += stays.IsOver(i, kBegin + waited) ? 0 : 1;
  }
  return staying;
}

TEST(MemberStaysTest, AThirdStaysLongerThanTheMean) {
  MemberStays stays(10'000, Seconds(300), 1);
  EXPECT_NEAR(static_cast<double>(Staying(stays, 10'000, Seconds(300))), 3'679, 200);
  EXPECT_NEAR(static_cast<double>(Staying(stays, 10'000, Seconds(15))), 9'512, 100);
}

TEST(MemberStaysTest, FollowFromTheSeed) {
  const auto staying = [](std::uint64_t seed) {
    MemberStays stays(1000, Seconds(300), seed);
    return Staying(stays, 1000, Seconds(100));
  };
  EXPECT_EQ(staying(7), staying(7));
  EXPECT_NE(staying(7), staying(8));
}

TEST(MemberStaysTest, WhoFollowsStaysForAnotherTime) {
  MemberStays stays(200, Seconds(300), 1);
  std::size_t alike = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    stays.Begin(i, kBegin);
    const bool was_over = stays.IsOver(i, kBegin + Seconds(200));
    EXPECT_EQ(stays.before(i), 0u);
    stays.Leave(i);
    EXPECT_EQ(stays.before(i), 1u);
    stays.Begin(i, kBegin);
    alike += was_over == stays.IsOver(i, kBegin + Seconds(200)) ? 1 : 0;
  }
  EXPECT_LT(alike, 150u);
}

}  // namespace
}  // namespace shoal::bench
