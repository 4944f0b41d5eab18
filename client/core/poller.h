// When to load the playlist of one stream.
//
// RFC 8216, section 6.3.4: a target duration after a load that brought something new, half of it
// after one that did not. A player that asks for the playlist loads it, too, and makes own polls
// needless as long as it comes first.
//
// Players and clients poll in phases of their own, up to a target duration behind the publisher. A
// client that learns of a segment so late fetches its pieces late, and others that were early then
// take them from the CDN in its stead. Therefore clients tell each other which segment is the newest
// that they know: whoever hears of one that it does not know polls at once, unless it did so less
// than a target duration ago. So all come to poll right behind the first; a player whose own loads
// come at other moments then costs the CDN a second playlist request in each target duration.
//
// Threads: the loop's thread only. Time: `now` never decreases.
#ifndef SHOAL_CLIENT_CORE_POLLER_H_
#define SHOAL_CLIENT_CORE_POLLER_H_

#include <algorithm>
#include <optional>

#include "common/time/time.h"

namespace shoal::core {

class Poller {
 public:
  // Own polls lie this much behind the player's.
  static constexpr Duration kSlack = Milliseconds(150);
  // The first poll, as long as nothing was loaded.
  static constexpr Duration kFirst = Seconds(1);

  explicit Poller(TimePoint now) : due_(now + kFirst) {}

  // The playlist was loaded, for whomever; `changed`: it brought something new.
  void Loaded(bool changed, Duration target_duration, TimePoint now) {
    polling_ = false;
    grown_ = false;
    target_duration_ = target_duration;
    due_ = now + (changed ? target_duration : target_duration / 2) + kSlack;
  }
  void Failed(TimePoint now) {
    polling_ = false;
    due_ = now + target_duration_ / 2 + kSlack;
  }
  // Somebody watches again.
  void Resume(TimePoint now) { due_ = std::min(due_, now + target_duration_); }
  // A peer knows a segment that the playlist did not list when it was last loaded.
  void Grown() { grown_ = true; }

  // When to poll next; nullopt while a poll is under way.
  std::optional<TimePoint> Due() const {
    if (polling_) return std::nullopt;
    return grown_ ? std::min(due_, polled_ + target_duration_) : due_;
  }
  void Polled(TimePoint now) {
    polling_ = true;
    polled_ = now;
  }

 private:
  TimePoint due_;
  TimePoint polled_{};
  Duration target_duration_ = Seconds(2);
  bool polling_ = false;
  bool grown_ = false;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_POLLER_H_
