#include "tests/sim/reduced/wheel.h"

#include <gtest/gtest.h>

#include <tuple>

namespace shoal::sim::reduced {
namespace {

constexpr Micros kSlot = 1 << Wheel::kSlotBits;

TEST(Wheel, GivesWhatComesFirstFirst) {
  Wheel wheel;
  wheel.Add({.at = 30 * kSlot, .viewer = 3});
  wheel.Add({.at = 10 * kSlot, .viewer = 1});
  wheel.Add({.at = 20 * kSlot, .viewer = 2});
  Event event;
  for (std::uint32_t viewer = 1; viewer <= 3; ++viewer) {
    ASSERT_TRUE(wheel.Take(100 * kSlot, &event));
    EXPECT_EQ(event.viewer, viewer);
  }
  EXPECT_FALSE(wheel.Take(100 * kSlot, &event));
}

TEST(Wheel, GivesWhatConcernsAViewerTogetherInTheOrderOfTimes) {
  Wheel wheel;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    wheel.Add({.at = 5 * kSlot + 999 - i, .viewer = i % 10});
  }
  Event event;
  Event before;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(wheel.Take(10 * kSlot, &event));
    EXPECT_EQ(event.viewer, i / 100);
    EXPECT_TRUE(i % 100 == 0 || before.at < event.at);
    before = event;
  }
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(Wheel, KeepsTheOrderOfEqualTimes) {
  Wheel wheel;
  for (std::uint64_t i = 0; i < 1000; ++i) wheel.Add({.at = 5 * kSlot, .mask = i});
  Event event;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(wheel.Take(10 * kSlot, &event));
    EXPECT_EQ(event.mask, i);
  }
}

TEST(Wheel, KeepsTheSameOrderHoweverMuchASlotHolds) {
  constexpr std::uint32_t kViewers = 5000;
  constexpr std::uint32_t kEvents = 40'000;
  Wheel wheel;
  // 7,919 is prime: every viewer comes up eight times, in no order of times.
  for (std::uint32_t i = 0; i < kEvents; ++i) {
    wheel.Add({.at = 5 * kSlot + i * 7919 % 31, .viewer = i * 7919 % kViewers, .mask = i});
  }
  Event event;
  Event before;
  for (std::uint32_t i = 0; i < kEvents; ++i) {
    ASSERT_TRUE(wheel.Take(10 * kSlot, &event));
    ASSERT_EQ(event.viewer, i / 8);
    if (i % 8 != 0) {
      ASSERT_LT(std::tie(before.at, before.mask), std::tie(event.at, event.mask));
    }
    before = event;
  }
  EXPECT_FALSE(wheel.Take(10 * kSlot, &event));
}

TEST(Wheel, TellsWhatComesUpSoon) {
  Wheel wheel;
  for (std::uint32_t i = 0; i < 3; ++i) wheel.Add({.at = 5 * kSlot, .viewer = i});
  Event event;
  ASSERT_TRUE(wheel.Take(10 * kSlot, &event));
  ASSERT_NE(wheel.Soon(2), nullptr);
  EXPECT_EQ(wheel.Soon(2)->viewer, 2u);
  EXPECT_EQ(wheel.Soon(3), nullptr);
}

TEST(Wheel, LeavesWhatIsLaterThanTheLimit) {
  Wheel wheel;
  wheel.Add({.at = 7 * kSlot});
  Event event;
  EXPECT_FALSE(wheel.Take(7 * kSlot, &event));
  EXPECT_TRUE(wheel.Take(8 * kSlot, &event));
}

TEST(Wheel, LetsThePastHappenNext) {
  Wheel wheel;
  wheel.Add({.at = 7 * kSlot, .viewer = 1});
  wheel.Add({.at = 9 * kSlot, .viewer = 3});
  Event event;
  ASSERT_TRUE(wheel.Take(100 * kSlot, &event));
  wheel.Add({.at = 2 * kSlot, .viewer = 2});
  ASSERT_TRUE(wheel.Take(100 * kSlot, &event));
  EXPECT_EQ(event.viewer, 2u);
}

TEST(Wheel, TurnsRound) {
  Wheel wheel;
  Event event;
  for (Micros at = 0; at < 3 * Wheel::kSlots * kSlot; at += 300 * kSlot) {
    wheel.Add({.at = at});
    ASSERT_TRUE(wheel.Take(at + kSlot, &event));
    EXPECT_EQ(event.at, at);
  }
}

}  // namespace
}  // namespace shoal::sim::reduced
