#include "common/time/running_clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace shoal {
namespace {

class SetClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_.load())); }
  void Advance(Duration duration) { now_ += duration.count(); }

 private:
  std::atomic<Duration::rep> now_{Seconds(1000).count()};
};

class RunningClockTest : public ::testing::Test {
 protected:
  // The process runs: somebody looks at the clock now and then.
  void Run(Duration time) {
    for (Duration passed{}; passed < time; passed += Milliseconds(250)) {
      system_.Advance(Milliseconds(250));
      (void)clock_.Now();
    }
  }

  SetClock system_;
  RunningClock clock_{system_};
};

TEST_F(RunningClockTest, RunsWithTheOtherWhileItIsRead) {
  const TimePoint began = clock_.Now();
  EXPECT_EQ(began, system_.Now());
  Run(Seconds(3600));
  EXPECT_EQ(clock_.Now() - began, Seconds(3600));
}

TEST_F(RunningClockTest, AShortPauseIsTimeLikeAnyOther) {
  const TimePoint began = clock_.Now();
  system_.Advance(RunningClock::kStandstill);
  EXPECT_EQ(clock_.Now() - began, RunningClock::kStandstill);
}

TEST_F(RunningClockTest, TimeInWhichNobodyReadItHasNotPassed) {
  const TimePoint began = clock_.Now();
  const auto expect_passed = [&](double seconds) {
    const double passed = ToSeconds(clock_.Now() - began);
    EXPECT_GE(passed, seconds);
    EXPECT_LE(passed, seconds + 0.2);  // a tenth for each standstill
  };
  Run(Seconds(10));
  system_.Advance(Seconds(86'400));
  expect_passed(10);
  Run(Seconds(7));
  expect_passed(17);
  system_.Advance(Seconds(60));
  Run(Seconds(1));
  expect_passed(17.75);
}

TEST_F(RunningClockTest, NeverStepsBackForAnyThread) {
  std::atomic<bool> done = false;
  std::atomic<int> steps_back = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      TimePoint last{};
      while (!done) {
        const TimePoint now = clock_.Now();
        if (now < last) ++steps_back;
        last = now;
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    system_.Advance(i % 10 == 0 ? Seconds(60) : Milliseconds(30));
    if (i % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(steps_back, 0);
}

}  // namespace
}  // namespace shoal
