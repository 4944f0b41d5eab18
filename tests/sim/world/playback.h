// A player's buffer and clock: when it plays, when it stalls. The same definitions as the demo's
// headless player has (deploy/demo/playback.py): it plays in real time from the first segment on;
// an empty buffer is a stall, but not before the first segment, after a seek or while paused.
//
// Sans-IO. Time: `now` never decreases. Threads: a value.
#ifndef SHOAL_TESTS_SIM_WORLD_PLAYBACK_H_
#define SHOAL_TESTS_SIM_WORLD_PLAYBACK_H_

#include <cstdint>
#include <optional>

#include "common/time/time.h"

namespace shoal::sim {

class Playback {
 public:
  Duration Buffered(TimePoint now);

  struct Arrival {
    TimePoint shown;   // when the segment's first picture will be
    Duration stall{};  // that it ended; 0: none
  };
  // A segment was received whole.
  Arrival Arrived(TimePoint now, Duration duration);

  void Pause(TimePoint now);
  void Resume(TimePoint now);
  // A seek: the buffer is thrown away.
  void Flush(TimePoint now);

  // Stalls that ended; a stall that goes on is not among them.
  std::uint32_t stalls() const { return stalls_; }
  // With what there is of a stall that goes on.
  Duration Stalled(TimePoint now);
  // Since when the buffer has been empty against the player's will, if it is.
  std::optional<TimePoint> dry_since() const { return dry_since_; }

 private:
  void Advance(TimePoint now);
  Duration EndStall(TimePoint now);

  TimePoint as_of_{};
  Duration remaining_{};  // media yet to be played, at as_of_
  std::optional<TimePoint> dry_since_;
  bool waiting_ = true;  // before the first segment, or after a seek
  bool paused_ = false;
  std::uint32_t stalls_ = 0;
  Duration stalled_{};
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_PLAYBACK_H_
