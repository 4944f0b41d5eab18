// How fast the client's line is, as far as transfers from the CDN show it: bytes over time while
// they come without a pause.
//
// The rate of whole transfers says less. On a line whose uplink is full, TCP's acknowledgements wait
// behind own uploads, and a transfer stands still after every window (RFC 5681); the line itself
// has room then. So pauses longer than kPause are left out, as in packet-train measurements
// (Keshav 1991, "A control-theoretic approach to flow control"). A line so slow that all its bytes
// come with pauses gives no figure at all.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_CLIENT_CORE_LINE_RATE_H_
#define SHOAL_CLIENT_CORE_LINE_RATE_H_

#include <algorithm>
#include <cstdint>

#include "common/time/time.h"

namespace shoal::core {

class LineRate {
 public:
  static constexpr Duration kPause = Milliseconds(80);
  // A sample is complete at this many bytes, over at least kSampleTimeMin.
  static constexpr std::uint64_t kSampleBytes = 64 * 1024;
  static constexpr Duration kSampleTimeMin = Milliseconds(1);
  static constexpr double kGain = 0.25;  // of a new sample

  // So many bytes came, of whichever transfer, since the last call.
  void Received(std::uint64_t bytes, TimePoint now) {
    const Duration since = now - last_;
    last_ = now;
    if (since > kPause) return;  // what came first, or after a pause, took an unknown time
    bytes_ += bytes;
    time_ += since;
    if (bytes_ < kSampleBytes) return;
    const double rate = static_cast<double>(bytes_) / ToSeconds(std::max(time_, kSampleTimeMin));
    rate_ = rate_ == 0 ? rate : rate_ + kGain * (rate - rate_);
    bytes_ = 0;
    time_ = Duration{};
  }

  // Moving average, in bytes per second; 0 until known.
  double bytes_per_second() const { return rate_; }

 private:
  TimePoint last_{};
  std::uint64_t bytes_ = 0;
  Duration time_{};
  double rate_ = 0;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_LINE_RATE_H_
