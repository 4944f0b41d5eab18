#include "tests/bench/announce_load/patterns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace shoal::bench {
namespace {

using ::testing::ElementsAre;

constexpr TimePoint kBegin(Seconds(1000));

TimePoint At(double seconds) { return kBegin + Seconds(seconds); }

std::vector<std::size_t> TakeAll(Pattern& pattern, TimePoint now) {
  std::vector<std::size_t> members;
  while (const std::optional<DueAnnounce> due = pattern.Take(now)) members.push_back(due->member);
  return members;
}

TEST(SaturatePatternTest, EachAnswerStartsTheNextMemberOfTheSameConnection) {
  SaturatePattern pattern(6, 2, 0, kBegin);
  EXPECT_THAT(TakeAll(pattern, kBegin), ElementsAre(0, 1));
  EXPECT_EQ(pattern.NextDue(), std::nullopt);
  pattern.OnAnswered(1, Seconds(15), At(0.1));
  EXPECT_THAT(TakeAll(pattern, At(0.1)), ElementsAre(3));
  pattern.OnAnswered(3, Seconds(15), At(0.2));
  pattern.OnAnswered(0, Seconds(15), At(0.2));
  EXPECT_THAT(TakeAll(pattern, At(0.2)), ElementsAre(5, 2));
  pattern.OnAnswered(5, Seconds(15), At(0.3));
  EXPECT_THAT(TakeAll(pattern, At(0.3)), ElementsAre(1));
}

TEST(SaturatePatternTest, PausesAfterAFailureOnly) {
  SaturatePattern pattern(4, 2, 0, kBegin);
  TakeAll(pattern, kBegin);
  pattern.OnFailed(0, kBegin);
  pattern.OnAnswered(1, Seconds(15), kBegin);
  EXPECT_THAT(TakeAll(pattern, kBegin), ElementsAre(3));
  ASSERT_EQ(pattern.NextDue(), kBegin + SaturatePattern::kPauseAfterFailure);
  EXPECT_THAT(TakeAll(pattern, *pattern.NextDue()), ElementsAre(2));
}

TEST(SaturatePatternTest, OneRoundIsEveryMemberOnce) {
  SaturatePattern pattern(60, 4, 1, kBegin);
  std::map<std::size_t, int> announced;
  TimePoint now = kBegin;
  while (!pattern.done()) {
    const std::vector<std::size_t> members = TakeAll(pattern, now);
    ASSERT_FALSE(members.empty());
    now += Seconds(1);
    for (const std::size_t member : members) {
      ++announced[member];
      if (member % 7 == 0) {
        pattern.OnFailed(member, now - Milliseconds(100));
      } else {
        pattern.OnAnswered(member, Seconds(15), now);
      }
    }
  }
  EXPECT_EQ(announced.size(), 60u);
  for (const auto& [member, times] : announced) EXPECT_EQ(times, 1) << member;
  EXPECT_TRUE(TakeAll(pattern, now + Seconds(9)).empty());
}

TEST(PacedPatternTest, SpacesEvenlyWhetherOrNotAnswersCome) {
  PacedPattern pattern(3, 4.0, kBegin);
  EXPECT_EQ(pattern.Take(kBegin), (DueAnnounce{0, kBegin}));
  EXPECT_EQ(pattern.Take(At(0.2)), std::nullopt);
  EXPECT_EQ(pattern.NextDue(), At(0.25));
  EXPECT_EQ(pattern.Take(At(0.25)), (DueAnnounce{1, At(0.25)}));
  // Who comes late finds all that was due meanwhile, with the times at which it was.
  EXPECT_EQ(pattern.Take(At(0.9)), (DueAnnounce{2, At(0.5)}));
  EXPECT_EQ(pattern.Take(At(0.9)), (DueAnnounce{0, At(0.75)}));
  EXPECT_EQ(pattern.Take(At(0.9)), std::nullopt);
}

TEST(PacedPatternTest, DoesNotDriftOverAMillionAnnounces) {
  PacedPattern pattern(10, 30'000.0, kBegin);
  std::size_t taken = 0;
  while (pattern.Take(At(40))) ++taken;
  EXPECT_EQ(taken, 1'200'001u);
}

TEST(MemberPatternTest, MembersJoinEvenlyAndThenComeWhenTold) {
  MemberPattern pattern(4, Seconds(8), kBegin, 1);
  EXPECT_EQ(pattern.Take(kBegin), (DueAnnounce{0, kBegin}));
  pattern.OnAnswered(0, Seconds(5), At(0.5));
  EXPECT_EQ(pattern.Take(At(1.9)), std::nullopt);
  EXPECT_EQ(pattern.Take(At(2)), (DueAnnounce{1, At(2)}));
  EXPECT_EQ(pattern.Take(At(9)), (DueAnnounce{2, At(4)}));
  EXPECT_EQ(pattern.Take(At(9)), (DueAnnounce{0, At(5.5)}));
  EXPECT_EQ(pattern.Take(At(9)), (DueAnnounce{3, At(6)}));
  EXPECT_EQ(pattern.Take(At(900)), std::nullopt);
}

TEST(MemberPatternTest, BacksOffAfterFailuresAndForgetsThemAfterAnAnswer) {
  MemberPattern pattern(1, Seconds(0), kBegin, 1);
  TimePoint now = kBegin;
  for (const double about : {1, 8, 60, 60}) {
    ASSERT_TRUE(pattern.Take(now));
    pattern.OnFailed(0, now);
    const double wait = ToSeconds(*pattern.NextDue() - now);
    EXPECT_GE(wait, about / 2);
    EXPECT_LE(wait, about * 1.5);
    now += Seconds(wait);
  }
  ASSERT_TRUE(pattern.Take(now));
  pattern.OnAnswered(0, Seconds(20), now);
  EXPECT_EQ(pattern.Take(now + Seconds(20))->intended, now + Seconds(20));
  pattern.OnFailed(0, now + Seconds(20));
  EXPECT_LE(*pattern.NextDue(), now + Seconds(21.5));
}

TEST(MemberPatternTest, AllComeAtOnceAfterAStormAndNobodyTwice) {
  MemberPattern pattern(3, Seconds(0), kBegin, 1);
  EXPECT_EQ(TakeAll(pattern, kBegin).size(), 3u);
  pattern.OnAnswered(0, Seconds(15), kBegin);
  pattern.OnAnswered(2, Seconds(15), kBegin);
  pattern.OnReconnected(At(5));
  EXPECT_THAT(TakeAll(pattern, At(5)), ::testing::UnorderedElementsAre(0, 2));
  EXPECT_TRUE(TakeAll(pattern, At(60)).empty());
}

}  // namespace
}  // namespace shoal::bench
