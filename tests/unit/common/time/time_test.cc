#include "common/time/time.h"

#include <type_traits>

#include "common/time/system_clock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

template <typename Clock, typename = void>
struct CanBeRead : std::false_type {};
template <typename Clock>
struct CanBeRead<Clock, std::void_t<decltype(Clock::now())>> : std::true_type {};

TEST(Time, CodeThatIsHandedATimeCannotReadAClock) {
  EXPECT_TRUE(CanBeRead<std::chrono::steady_clock>::value);
  EXPECT_FALSE(CanBeRead<Timeline>::value);
}

TEST(Time, CountsMicroseconds) {
  EXPECT_EQ(Milliseconds(3), Microseconds(3000));
  EXPECT_EQ(Seconds(1.5), Milliseconds(1500));
  EXPECT_EQ(ToSeconds(Milliseconds(250)), 0.25);
  EXPECT_EQ(TimePoint(Seconds(2)) - TimePoint(Seconds(0.5)), Milliseconds(1500));
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  TimePoint last = clock.Now();
  EXPECT_GT(last, TimePoint());
  for (int i = 0; i < 1000; ++i) {
    const TimePoint now = clock.Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace shoal
