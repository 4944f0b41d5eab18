#include "tests/sim/world/agenda.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "common/random/random.h"

namespace shoal::sim {
namespace {

TimePoint At(std::int64_t ms) { return TimePoint(Milliseconds(ms)); }

TEST(Agenda, TakesEntriesByTimeAndThoseOfOneTimeInTheirOrder) {
  Agenda agenda;
  Random random(1);
  std::vector<std::pair<std::int64_t, std::uint32_t>> expected;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const auto ms = static_cast<std::int64_t>(random.Below(100));
    agenda.Add(At(ms), Happening::kWake, i);
    expected.emplace_back(ms, i);
  }
  std::sort(expected.begin(), expected.end());
  Agenda::Entry entry;
  for (const auto& [ms, number] : expected) {
    ASSERT_TRUE(agenda.Take(At(1000), &entry));
    EXPECT_EQ(entry.at, At(ms));
    EXPECT_EQ(entry.a, number);
    EXPECT_EQ(agenda.now(), At(ms));
  }
  EXPECT_FALSE(agenda.Take(At(1000), &entry));
}

TEST(Agenda, LeavesWhatIsLaterThanTheLimitAndLetsTimePass) {
  Agenda agenda;
  agenda.Add(At(20), Happening::kWake, 7);
  Agenda::Entry entry;
  EXPECT_FALSE(agenda.Take(At(19), &entry));
  EXPECT_EQ(agenda.now(), At(19));
  EXPECT_TRUE(agenda.Take(At(20), &entry));
}

TEST(Agenda, LetsThePastHappenNow) {
  Agenda agenda;
  Agenda::Entry entry;
  EXPECT_FALSE(agenda.Take(At(50), &entry));
  agenda.Add(At(10), Happening::kWake, 1);
  ASSERT_TRUE(agenda.Take(At(50), &entry));
  EXPECT_EQ(entry.at, At(50));
}

TEST(Agenda, DoesAsAnOrderedListWould) {
  Agenda agenda;
  Random random(2);
  std::multimap<TimePoint, std::uint32_t> list;  // equal keys stay in their order
  TimePoint now{};
  std::uint32_t number = 0;
  for (int round = 0; round < 20'000; ++round) {
    // Mostly soon, sometimes at once, sometimes many turns of the ring ahead; bursts of equal times.
    static constexpr std::int64_t kReach[] = {1, 300, 50'000, 3'000'000, 60'000'000};
    const TimePoint at = now + Microseconds(static_cast<std::int64_t>(random.Below(
                                   static_cast<std::uint64_t>(kReach[random.Below(5)]))));
    for (std::uint64_t n = 1 + random.Below(3); n > 0; --n) {
      agenda.Add(at, Happening::kWake, ++number);
      list.emplace(at, number);
    }
    const TimePoint limit = now + Microseconds(static_cast<std::int64_t>(
                                      random.Below(random.Below(9) == 0 ? 9'000'000 : 400)));
    Agenda::Entry entry;
    while (agenda.Take(limit, &entry)) {
      ASSERT_FALSE(list.empty());
      ASSERT_EQ(entry.at, list.begin()->first);
      ASSERT_EQ(entry.a, list.begin()->second);
      list.erase(list.begin());
    }
    ASSERT_TRUE(list.empty() || list.begin()->first > limit);
    ASSERT_EQ(agenda.size(), list.size());
    now = limit;
  }
}

TEST(Timer, FiresForWhatWasSetLastOnly) {
  Agenda agenda;
  Timer timer;
  timer.Set(agenda, At(10), Happening::kWake, 0);
  timer.Set(agenda, At(20), Happening::kWake, 0);
  Agenda::Entry entry;
  ASSERT_TRUE(agenda.Take(At(100), &entry));
  EXPECT_FALSE(timer.Fires(entry.b));
  ASSERT_TRUE(agenda.Take(At(100), &entry));
  EXPECT_TRUE(timer.Fires(entry.b));
  EXPECT_FALSE(timer.Fires(entry.b)) << "it is used up";
}

TEST(Timer, SetByKeepsAnEarlierTime) {
  Agenda agenda;
  Timer timer;
  timer.SetBy(agenda, At(10), Happening::kWake, 0);
  timer.SetBy(agenda, At(20), Happening::kWake, 0);
  EXPECT_EQ(agenda.size(), 1u);
  timer.SetBy(agenda, At(5), Happening::kWake, 0);
  Agenda::Entry entry;
  ASSERT_TRUE(agenda.Take(At(100), &entry));
  EXPECT_EQ(entry.at, At(5));
  EXPECT_TRUE(timer.Fires(entry.b));
}

TEST(Timer, DoesNotFireOnceStopped) {
  Agenda agenda;
  Timer timer;
  timer.Set(agenda, At(10), Happening::kWake, 0);
  timer.Stop();
  Agenda::Entry entry;
  ASSERT_TRUE(agenda.Take(At(100), &entry));
  EXPECT_FALSE(timer.Fires(entry.b));
}

}  // namespace
}  // namespace shoal::sim
