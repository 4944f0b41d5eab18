// This client's upload capacity: acknowledged bytes per second while more was waiting to be sent.
//
// A busy period lasts as long as something waits. One of kSampleMin or longer is a sample; a longer
// one gives a sample every kSampleMax. The capacity is the best sample of the last kMemory, for a
// line is often shared and never faster than it is. Without new samples the last result stands.
// Shorter periods that moved much (kBurstBytes) are bursts: no measure of the line, for the first
// bytes may only have filled a buffer on the way, but a sign that it is faster than assumed. On a
// fast line no period may ever last long enough for more.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_CLIENT_CORE_UPLOAD_METER_H_
#define SHOAL_CLIENT_CORE_UPLOAD_METER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/time/time.h"

namespace shoal::core {

class UploadMeter {
 public:
  static constexpr Duration kSampleMin = Milliseconds(250);
  static constexpr Duration kSampleMax = Seconds(1);
  // A sample goes on until it has so many bytes, however long that takes: less may be the
  // receivers' fault.
  static constexpr std::uint64_t kSampleBytesMin = 16 * 1024;
  static constexpr Duration kMemory = Seconds(30);
  static constexpr std::uint64_t kBurstBytes = 32 * 1024;
  static constexpr Duration kBurstMin = Milliseconds(1);

  // From now on something waits to be sent, or nothing does.
  void SetBusy(bool busy, TimePoint now);
  void Acked(std::uint64_t bytes);
  // The time since the sample began was lost by no fault of the line: begin it anew.
  void Discard(TimePoint now);

  // Bytes per second. 0 until known.
  double rate() const { return rate_; }
  bool known() const { return known_; }
  // The rate of a burst that ended since the last call.
  std::optional<double> TakeBurst() { return std::exchange(burst_, std::nullopt); }

 private:
  // The best of a slice of time; as many slices as kMemory has.
  static constexpr Duration kSlice = Seconds(5);
  static constexpr std::size_t kSlices = kMemory / kSlice;
  struct Slice {
    std::int64_t number = -1;  // which slice of the timeline this is
    double best = 0;
  };

  // Uses what was counted, if it is enough, and begins the next sample. If it is not enough, it is
  // lost when the busy period is over (`final`), and goes on otherwise.
  void EndSample(TimePoint now, bool final);
  void Remember(double rate, TimePoint now);

  bool busy_ = false;
  TimePoint sample_began_{};  // meaningful while busy
  std::uint64_t sample_bytes_ = 0;

  bool known_ = false;
  double rate_ = 0;
  std::optional<double> burst_;
  std::array<Slice, kSlices> slices_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_UPLOAD_METER_H_
