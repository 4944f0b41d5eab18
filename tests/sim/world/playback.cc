#include "tests/sim/world/playback.h"

#include <algorithm>

namespace shoal::sim {

Duration Playback::Buffered(TimePoint now) {
  Advance(now);
  return remaining_;
}

Playback::Arrival Playback::Arrived(TimePoint now, Duration duration) {
  Advance(now);
  Arrival arrival;
  arrival.stall = EndStall(now);
  waiting_ = false;
  arrival.shown = now + remaining_;
  remaining_ += duration;
  return arrival;
}

void Playback::Pause(TimePoint now) {
  Advance(now);
  EndStall(now);
  paused_ = true;
}

void Playback::Resume(TimePoint now) {
  Advance(now);
  paused_ = false;
  if (remaining_ == Duration::zero() && !waiting_) dry_since_ = now;
}

void Playback::Flush(TimePoint now) {
  Advance(now);
  EndStall(now);
  remaining_ = Duration::zero();
  waiting_ = true;
}

Duration Playback::Stalled(TimePoint now) {
  Advance(now);
  return stalled_ + (dry_since_ ? now - *dry_since_ : Duration::zero());
}

void Playback::Advance(TimePoint now) {
  const Duration elapsed = now - as_of_;
  if (!waiting_ && !paused_) {
    if (elapsed > remaining_ && !dry_since_) dry_since_ = as_of_ + remaining_;
    remaining_ = std::max(Duration::zero(), remaining_ - elapsed);
  }
  as_of_ = now;
}

Duration Playback::EndStall(TimePoint now) {
  if (!dry_since_) return Duration::zero();
  const Duration stall = now - *dry_since_;
  dry_since_.reset();
  if (stall > Duration::zero()) {
    ++stalls_;
    stalled_ += stall;
  }
  return stall;
}

}  // namespace shoal::sim
