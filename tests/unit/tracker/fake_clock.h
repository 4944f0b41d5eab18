// A clock that stands still until a test moves it. Threads: any.
#ifndef SHOAL_TESTS_UNIT_TRACKER_FAKE_CLOCK_H_
#define SHOAL_TESTS_UNIT_TRACKER_FAKE_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "common/time/time.h"

namespace shoal {

class FakeClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_.load())); }
  // The wall clock, which goes along.
  std::int64_t UnixMilliseconds() const { return 1'700'000'000'000 + now_.load() / 1000; }
  void Advance(Duration duration) { now_ += duration.count(); }

 private:
  std::atomic<Duration::rep> now_{Seconds(1000).count()};
};

}  // namespace shoal

#endif  // SHOAL_TESTS_UNIT_TRACKER_FAKE_CLOCK_H_
