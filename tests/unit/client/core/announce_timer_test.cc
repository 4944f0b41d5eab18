#include "client/core/announce_timer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace shoal::core {
namespace {

constexpr TimePoint kNow{Seconds(1000)};

class AnnounceTimerTest : public ::testing::Test {
 protected:
  // Waits for its time, announces and fails; the wait.
  Duration Fail() {
    timer_.OnSent();
    timer_.OnFailed(now_, random_);
    const Duration wait = *timer_.next() - now_;
    now_ = *timer_.next();
    return wait;
  }

  TimePoint now_ = kNow;
  Random random_{3};
  AnnounceTimer timer_;
};

TEST_F(AnnounceTimerTest, PlansNothingBeforeThereIsSomethingToTell) {
  EXPECT_FALSE(timer_.next());
  EXPECT_FALSE(timer_.IsDue(kNow));
  timer_.Soon(kNow);
  EXPECT_TRUE(timer_.IsDue(kNow));
  timer_.OnSent();
  EXPECT_FALSE(timer_.IsDue(kNow + Seconds(1e6)));
}

TEST_F(AnnounceTimerTest, WaitsAsLongAsTheTrackerSays) {
  for (const double seconds : {15.0, 77.5, 900.0}) {
    timer_.OnSent();
    timer_.OnAnswered(Seconds(seconds), now_);
    EXPECT_FALSE(timer_.IsDue(now_ + Seconds(seconds) - Milliseconds(1)));
    EXPECT_TRUE(timer_.IsDue(now_ + Seconds(seconds)));
  }
}

TEST_F(AnnounceTimerTest, ObeysNoTrackerThatAsksForNonsense) {
  timer_.OnAnswered(Duration(), kNow);
  EXPECT_EQ(timer_.next(), kNow + AnnounceTimer::kIntervalMin);
  timer_.OnSent();
  timer_.OnAnswered(Seconds(-5), kNow);
  EXPECT_EQ(timer_.next(), kNow + AnnounceTimer::kIntervalMin);
  timer_.OnSent();
  timer_.OnAnswered(Duration::max(), kNow);
  EXPECT_EQ(timer_.next(), kNow + AnnounceTimer::kIntervalMax);
}

TEST_F(AnnounceTimerTest, WhatCameUpDuringACallIsToldAtOnceThereafter) {
  timer_.OnSent();
  timer_.Soon(kNow);
  timer_.OnAnswered(Seconds(100), kNow + Seconds(1));
  EXPECT_EQ(timer_.next(), kNow);
}

TEST_F(AnnounceTimerTest, AfterTwoQuickTriesThereIsOneInAboutAnInterval) {
  timer_.OnAnswered(Seconds(100), now_);
  for (const double about : {1, 8, 80, 80, 80}) {
    const Duration wait = Fail();
    EXPECT_GE(wait, Seconds(about * 0.5));
    EXPECT_LE(wait, Seconds(about * 1.5));
  }
  timer_.OnSent();
  timer_.OnAnswered(Seconds(100), now_);
  EXPECT_LE(Fail(), Seconds(1.5));  // an answer forgives
}

TEST_F(AnnounceTimerTest, TriesNoMoreSeldomThanItWouldCall) {
  timer_.OnAnswered(Seconds(2), now_);
  for (int i = 0; i < 10; ++i) EXPECT_LE(Fail(), Seconds(2.4));
}

TEST_F(AnnounceTimerTest, WithoutAnAnswerYetItTriesAtLeastEveryMinuteAndAHalf) {
  Duration longest{};
  for (int i = 0; i < 200; ++i) longest = std::max(longest, Fail());
  EXPECT_GT(longest, Seconds(60));
  EXPECT_LE(longest, Seconds(90));
}

// What a tracker of many clients is met with when it comes back.
class OutageTest : public ::testing::TestWithParam<double> {};

TEST_P(OutageTest, ATrackerThatComesBackIsNotOverrunAndAllAreBackWithinAnIntervalAndAFifth) {
  constexpr std::size_t kClients = 90'000;
  const double interval = 900;
  const TimePoint back = kNow + Seconds(GetParam());
  Random random(5);
  std::vector<int> calls_in_second(static_cast<std::size_t>(1.2 * interval) + 1);
  for (std::size_t i = 0; i < kClients; ++i) {
    AnnounceTimer timer;
    timer.OnAnswered(Seconds(interval), kNow - random.Uniform(Duration(), Seconds(interval)));
    while (*timer.next() < back) {
      const TimePoint at = *timer.next();
      timer.OnSent();
      timer.OnFailed(at, random);
    }
    const double second = ToSeconds(*timer.next() - back);
    ASSERT_LE(second, 1.2 * interval);
    ++calls_in_second[static_cast<std::size_t>(second)];
  }
  const int busiest = *std::max_element(calls_in_second.begin(), calls_in_second.end());
  const double steady = kClients / interval;
  EXPECT_LE(busiest, 4 * steady);
}

INSTANTIATE_TEST_SUITE_P(ShortAndLong, OutageTest, ::testing::Values(5, 60, 600, 3600, 86'400));

}  // namespace
}  // namespace shoal::core
