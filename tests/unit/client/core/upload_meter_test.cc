#include "client/core/upload_meter.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace shoal::core {
namespace {

// A meter on a line of a given speed.
class Line {
 public:
  TimePoint now{Seconds(100)};
  UploadMeter meter;

  void Idle(Duration length) {
    meter.SetBusy(false, now);
    now += length;
  }
  // Work waits for `length`, while `rate` bytes per second are acknowledged, a little every ten
  // milliseconds.
  void Busy(Duration length, double rate) {
    meter.SetBusy(true, now);
    const TimePoint end = now + length;
    while (now < end) {
      now += Milliseconds(10);
      meter.Acked(static_cast<std::uint64_t>(rate / 100));
      meter.SetBusy(now < end, now);
    }
  }
};

TEST(UploadMeter, KnowsNothingAtFirst) {
  UploadMeter meter;
  EXPECT_FALSE(meter.known());
  EXPECT_EQ(meter.rate(), 0);
  EXPECT_EQ(meter.TakeBurst(), std::nullopt);
}

TEST(UploadMeter, MeasuresABusyPeriodThatIsLongEnough) {
  Line line;
  line.Busy(UploadMeter::kSampleMin - Milliseconds(10), 400'000);
  EXPECT_FALSE(line.meter.known());
  line.Idle(Seconds(1));
  line.Busy(UploadMeter::kSampleMin, 400'000);
  EXPECT_TRUE(line.meter.known());
  EXPECT_DOUBLE_EQ(line.meter.rate(), 400'000);
}

TEST(UploadMeter, AcknowledgementsOfAnIdleTimeDoNotCount) {
  Line line;
  line.meter.Acked(50'000'000);
  line.Busy(Milliseconds(500), 400'000);
  EXPECT_DOUBLE_EQ(line.meter.rate(), 400'000);
}

TEST(UploadMeter, LongPeriodGivesASampleEverySecond) {
  Line line;
  line.meter.SetBusy(true, line.now);
  for (int i = 0; i < 100; ++i) {
    line.meter.SetBusy(true, line.now);
    line.now += Milliseconds(10);
    line.meter.Acked(4'000);
  }
  line.meter.SetBusy(true, line.now);  // a second is over, the period is not
  EXPECT_DOUBLE_EQ(line.meter.rate(), 400'000);
}

TEST(UploadMeter, KeepsTheBestOfHalfAMinute) {
  Line line;
  line.Busy(Seconds(1), 500'000);
  line.Idle(Seconds(1));
  line.Busy(Seconds(1), 300'000);
  EXPECT_DOUBLE_EQ(line.meter.rate(), 500'000);
  line.Idle(UploadMeter::kMemory);
  EXPECT_DOUBLE_EQ(line.meter.rate(), 500'000);  // without news the last result stands
  line.Busy(Seconds(1), 300'000);
  EXPECT_DOUBLE_EQ(line.meter.rate(), 300'000);
}

TEST(UploadMeter, SampleOfAFewBytesGoesOnUntilItHasEnough) {
  Line line;
  line.Busy(Milliseconds(500), 10'000);  // 5 kB: may be the receivers' fault
  EXPECT_FALSE(line.meter.known());
  line.Idle(Seconds(1));
  line.Busy(Seconds(2), 10'000);  // 20 kB
  EXPECT_TRUE(line.meter.known());
  EXPECT_DOUBLE_EQ(line.meter.rate(), 10'000);
}

TEST(UploadMeter, ShortPeriodThatMovedMuchIsABurst) {
  Line line;
  line.Busy(Milliseconds(20), 10'000'000);
  EXPECT_FALSE(line.meter.known());
  EXPECT_EQ(line.meter.TakeBurst(), 10'000'000);
  EXPECT_EQ(line.meter.TakeBurst(), std::nullopt);
  line.Idle(Seconds(1));
  line.Busy(Milliseconds(20), 1'000'000);  // too little to tell
  EXPECT_EQ(line.meter.TakeBurst(), std::nullopt);
}

TEST(UploadMeter, DiscardedTimeDoesNotCount) {
  Line line;
  line.meter.SetBusy(true, line.now);
  line.now += Milliseconds(700);
  line.meter.Discard(line.now);
  line.Busy(Milliseconds(500), 400'000);
  EXPECT_DOUBLE_EQ(line.meter.rate(), 400'000);
}

}  // namespace
}  // namespace shoal::core
