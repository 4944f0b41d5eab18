// What the send window is made of: messages in flight, the delay above the base, the window.
#include "client/core/send_window.h"

#include <cstdint>

#include "client/core/base_delay.h"
#include "client/core/in_flight.h"
#include "gtest/gtest.h"

namespace shoal::core {
namespace {

constexpr TimePoint kStart{Seconds(1000)};

TEST(InFlight, TellsWhenTheLastWholeMessageWasSent) {
  InFlight in_flight;
  in_flight.Sent(1, 100, kStart);
  in_flight.Sent(1, 100, kStart + Seconds(1));
  in_flight.Sent(2, 100, kStart + Seconds(2));
  EXPECT_EQ(in_flight.Acked(99), std::nullopt);
  EXPECT_EQ(in_flight.Acked(1), kStart);
  EXPECT_EQ(in_flight.Acked(150), kStart + Seconds(1));
  EXPECT_EQ(in_flight.Acked(50), kStart + Seconds(2));
  EXPECT_TRUE(in_flight.empty());
}

TEST(InFlight, WhatNeverLeftIsNotWaitedFor) {
  InFlight in_flight;
  in_flight.Sent(1, 100, kStart);
  in_flight.Sent(2, 100, kStart + Seconds(1));
  in_flight.Sent(1, 100, kStart + Seconds(2));
  in_flight.TakeBack(1, 130);
  EXPECT_EQ(in_flight.Acked(70), kStart);
  EXPECT_EQ(in_flight.Acked(100), kStart + Seconds(1));
  EXPECT_TRUE(in_flight.empty());
}

TEST(InFlight, ManyMessagesTakeNoMoreMemory) {
  constexpr auto kMessages = static_cast<double>(InFlight::kMessagesMax);
  InFlight in_flight;
  for (std::size_t i = 0; i <= InFlight::kMessagesMax; ++i) {
    in_flight.Sent(1, 1, kStart + Seconds(static_cast<double>(i)));
  }
  // The last two are one now, as old as the first of them.
  EXPECT_EQ(in_flight.Acked(InFlight::kMessagesMax - 1), kStart + Seconds(kMessages - 2));
  EXPECT_EQ(in_flight.Acked(1), std::nullopt);
  EXPECT_EQ(in_flight.Acked(1), kStart + Seconds(kMessages - 1));
  EXPECT_TRUE(in_flight.empty());
}

TEST(BaseDelay, CountsFromTheLeastWhateverTheClocksSay) {
  BaseDelay base;
  EXPECT_EQ(base.Above(65'530, {}, kStart), Duration{});
  EXPECT_EQ(base.Above(20, {}, kStart), Milliseconds(26)) << "the clock has gone round";
  EXPECT_EQ(base.Above(65'500, {}, kStart), Duration{});
  EXPECT_EQ(base.Above(20, {}, kStart), Milliseconds(56));
}

TEST(BaseDelay, FirstDelayIsAlreadyThatOfTheQueue) {
  BaseDelay base;
  EXPECT_EQ(base.Above(1000, Milliseconds(40), kStart), Milliseconds(40));
  EXPECT_EQ(base.Above(1010, Milliseconds(70), kStart), Milliseconds(50));
}

TEST(BaseDelay, ForgetsAWayThatIsNoLongerTaken) {
  BaseDelay base;
  base.Above(1000, {}, kStart);
  TimePoint now = kStart;
  for (; now < kStart + BaseDelay::kMemory; now += Seconds(1)) {
    EXPECT_EQ(base.Above(1100, {}, now), Milliseconds(100));
  }
  for (; now < kStart + 2 * BaseDelay::kMemory; now += Seconds(1)) base.Above(1100, {}, now);
  EXPECT_EQ(base.Above(1100, {}, now), Duration{});
}

TEST(SendWindow, IsTheRoundTripBeyondTheQueueAndAShortQueue) {
  SendWindow window;
  constexpr double kUpload = 1e6;
  for (int i = 0; i < 500; ++i) window.Sample(Milliseconds(130), Milliseconds(80));
  const double expected = kUpload * (0.05 + ToSeconds(SendWindow::kQueue)) +
                          SendWindow::kMessages * SendWindow::MessageBytes(kUpload);
  EXPECT_NEAR(static_cast<double>(window.Bytes(kUpload)), expected, 100);
  EXPECT_GT(window.Bytes(kUpload, /*measured=*/false), window.Bytes(kUpload) + 40'000);
  EXPECT_NEAR(ToSeconds(window.queued()), 0.08, 0.001);
}

TEST(SendWindow, HasBoundsWhateverIsReported) {
  SendWindow window;
  for (int i = 0; i < 500; ++i) window.Sample(Milliseconds(10), Seconds(32));
  EXPECT_EQ(window.Bytes(0), SendWindow::kLeast);
  EXPECT_GE(window.Bytes(1e6), static_cast<std::uint64_t>(1e6 * ToSeconds(SendWindow::kQueue)));
  for (int i = 0; i < 500; ++i) window.Sample(Seconds(10), Duration{});
  EXPECT_EQ(window.Bytes(1e6), static_cast<std::uint64_t>(1e6 * ToSeconds(SendWindow::kLongest)));
  EXPECT_EQ(window.Bytes(1e9), SendWindow::kMost);
}

TEST(SendWindow, MessagesTakeLittleTimeAndAreNotMany) {
  EXPECT_EQ(SendWindow::MessageBytes(1'000), SendWindow::kMessageMin);
  EXPECT_EQ(SendWindow::MessageBytes(250'000), 8'000u);
  EXPECT_EQ(SendWindow::MessageBytes(1e8), kDataPayloadMax);
}

}  // namespace
}  // namespace shoal::core
