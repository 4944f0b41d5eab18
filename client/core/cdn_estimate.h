// How fast the CDN is right now, measured on the transfers that happen anyway, and how much time to
// leave for it: the two margins of the hand-off.
//
// The rate is that of all concurrent transfers together: bytes over the time in which at least one
// body was arriving. Bytes that arrive in the instant in which such a period begins were under way
// before, during the wait for the first byte, and are left out. Samples too small to tell are
// added up until they tell something. A transfer too quick to measure so still proves, by its bytes
// over its whole duration, that the CDN is at least so fast.
//
// The time to the first byte has a mean and a mean deviation as in RFC 6298, but both with a gain of
// 1/8: the deviation is a margin here, and shall not follow every answer. A transfer that has waited
// longer than the mean counts before it is answered, so that a CDN which suddenly became slow is
// noticed at once and not one slow answer later.
//
// Threads: not thread-safe. Time: `now` never decreases. Errors: ids not started, or finished, are
// ignored.
#ifndef SHOAL_CLIENT_CORE_CDN_ESTIMATE_H_
#define SHOAL_CLIENT_CORE_CDN_ESTIMATE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "client/core/line_rate.h"
#include "client/core/types.h"
#include "common/time/time.h"

namespace shoal::core {

class CdnEstimate {
 public:
  // Taken until the first measurement: a modest line, a distant CDN.
  static constexpr double kInitialRate = 500'000;  // bytes per second
  static constexpr Duration kInitialTtfb = Milliseconds(100);
  static constexpr Duration kInitialDeviation = Milliseconds(50);
  // A sample of the rate is complete at this many bytes over at least kSampleTimeMin, or after
  // kSampleTimeMax however few bytes came.
  static constexpr std::uint64_t kSampleBytes = 128 * 1024;
  static constexpr Duration kSampleTimeMin = Milliseconds(10);
  static constexpr Duration kSampleTimeMax = Milliseconds(250);
  // The least weight of a new sample; one as long as kMemory or longer replaces what was known.
  static constexpr double kRateGain = 0.25;
  static constexpr Duration kMemory = Seconds(2);
  // How long the instant is in which a period begins.
  static constexpr Duration kLeadIn = Milliseconds(2);
  // The least transfer that proves anything by its whole duration.
  static constexpr std::uint64_t kWholeMin = 32 * 1024;
  // The rate never counts as less: margins stay finite when the CDN is dead.
  static constexpr double kRateFloor = 1'000;
  static constexpr Duration kMarginMax = Seconds(24 * 3600);
  static constexpr Duration kStallPatienceMin = Milliseconds(500);
  static constexpr Duration kStallPatienceMax = Seconds(2);  // a stall itself lowers the rate
  // What is never counted on: the rate may fall before the next sample shows it.
  static constexpr double kRateTrusted = 0.85;
  // A hand-off begins earlier than the arithmetic says, by these: what is missing may take half as
  // long again, ...
  static constexpr double kNeedSpare = 1.5;
  static constexpr Duration kNeedMargin = Milliseconds(300);
  static constexpr double kNeedDeviations = 3;
  // ... and when the last safe moment comes, this much is left.
  static constexpr Duration kLastSafeMargin = Milliseconds(200);
  static constexpr double kLastSafeDeviations = 2.5;

  // A transfer was asked for.
  void Started(FetchId fetch, TimePoint now);
  // Its answer began (the headers of a success).
  void Responded(FetchId fetch, TimePoint now);
  // `bytes` more of its body came.
  void Received(FetchId fetch, std::uint64_t bytes, TimePoint now);
  // It is over: complete, failed or cancelled. One that was never answered leaves no trace.
  void Finished(FetchId fetch, TimePoint now);

  // Moving average of the rate of all transfers together.
  double bytes_per_second() const { return rate_; }
  // Whether bytes_per_second() was measured, rather than assumed.
  bool measured() const { return rate_measured_; }

  // What the line carries, pauses of the transfers left out; the rate above, where that is more.
  double line_bytes_per_second() const { return std::max(rate_, line_.bytes_per_second()); }

  // Mean and mean deviation over answered transfers.
  Duration time_to_first_byte() const { return ttfb_; }
  Duration ttfb_deviation() const { return deviation_; }
  // The same, as if the transfer that has waited longest were answered at `now`, where that is
  // longer than the mean.
  Duration TimeToFirstByteAt(TimePoint now) const { return TtfbAt(now).mean; }
  Duration DeviationAt(TimePoint now) const { return TtfbAt(now).deviation; }

  // How long a body that has begun may bring nothing before it counts as stalled:
  //   max(0.5 s, ttfb + 6 · deviation, a piece ÷ (0.85 · rate)), at most 2 s
  // A CDN that answers a new request sooner than that is better asked again.
  Duration StallPatience() const;

  // How long so many bytes take once they come: bytes ÷ (0.85 · rate)
  Duration TransferTime(std::uint64_t bytes) const {
    return Seconds(std::min(TransferSeconds(bytes), ToSeconds(kMarginMax)));
  }

  // How long before a deadline to begin to hand off, `missing_bytes` being not even under way:
  //   1.5 · missing ÷ (0.85 · rate) + 0.3 s + max(ttfb + max(3 · deviation, doubt), last + deviation)
  // `last` is what the last answer took: a CDN that has become slow at once is believed at once.
  // `doubt`: what may come on top that was not there when this was measured.
  Duration Need(std::uint64_t missing_bytes, Duration doubt, TimePoint now) const;

  // How long before a deadline everything that is missing must be asked for:
  //   bytes ÷ (0.85 · rate) + max(ttfb + max(2.5 · deviation, doubt), last + deviation) + 0.2 s
  Duration LastSafe(std::uint64_t bytes, Duration doubt, TimePoint now) const;

 private:
  struct Transfer {
    FetchId fetch = 0;
    TimePoint started{};
    bool responded = false;
    std::uint64_t bytes = 0;
  };
  struct Ttfb {
    Duration mean;
    Duration deviation;
  };

  Transfer* Find(FetchId fetch);
  Ttfb TtfbAt(TimePoint now) const;
  // Mean and deviation after one more sample.
  Ttfb Updated(Duration sample) const;
  // The margins' second summand, in seconds: when the first byte should be there.
  double FirstByteWithin(double deviations, Duration doubt, TimePoint now) const;
  // The margins' first summand: the time that `bytes` take.
  double TransferSeconds(std::uint64_t bytes) const;
  // Adds the time since the last call to the sample if a body was arriving.
  void Settle(TimePoint now);
  void TakeSampleIfComplete();
  void Learn(double rate, double gain);

  // Rate.
  LineRate line_;
  double rate_ = kInitialRate;
  bool rate_measured_ = false;
  int arriving_ = 0;     // bodies in flight
  TimePoint settled_{};  // up to when they count; meaningful while there are any
  std::uint64_t sample_bytes_ = 0;
  Duration sample_time_{};

  // Time to first byte.
  Duration ttfb_ = kInitialTtfb;
  Duration deviation_ = kInitialDeviation;
  Duration last_ttfb_{};  // of the last answer
  bool ttfb_measured_ = false;

  std::vector<Transfer> transfers_;  // a handful
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_CDN_ESTIMATE_H_
