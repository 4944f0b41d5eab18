// Where one player is in one rendition, estimated from what it asked for and what it was given.
//
//   buffer = media delivered − time since playback could start            (never below zero)
//
// Playback is taken to start with the first delivery. When the buffer reaches zero the clock stops
// until the next delivery: a player that stalled needs the same media, only later. A player that
// seeks, flushes its buffer or switches away and back shows it by a request that does not follow
// the one before; its buffer then counts as empty. A player that says itself where it is (CMCD,
// CTA-5004) is believed, within reason.
//
// What the estimate cannot see: a player that pauses without saying so. It then counts as at zero
// and gets its next segments as fast as possible, which is safe, and costs the CDN a little.
//
// Threads: not thread-safe. Time: `now` never decreases. Errors: none; hints may be any numbers.
#ifndef SHOAL_CLIENT_CORE_PLAYHEAD_H_
#define SHOAL_CLIENT_CORE_PLAYHEAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "client/core/events.h"
#include "common/time/time.h"

namespace shoal::core {

class Playhead {
 public:
  // Deadlines lie this much before the moment at which the buffer is estimated to run dry.
  static constexpr Duration kSafety = Milliseconds(500);
  // Shorter waits at zero are no stalls: nobody sees them, and the estimate is not that exact.
  static constexpr Duration kStallMin = Milliseconds(100);
  // Larger numbers, from hints or playlists, are cut: they may be nonsense.
  static constexpr Duration kBufferMax = Seconds(24 * 3600);
  static constexpr double kRateMax = 16;
  // A player slower than this counts as paused.
  static constexpr double kRateMin = 1.0 / 16;
  // Segments delivered ahead of one that the player still waits for; with more, it skipped that.
  static constexpr std::size_t kEarlyMax = 64;

  // The player asked for (any part of) the segment `sequence`.
  //
  //   the one after the last asked for     playback goes on
  //   one that is asked for and neither delivered nor abandoned
  //                                        a retry or a further byte range: changes nothing
  //   any other                            seek, flush or switch: the buffer is zero
  //
  // Then the hints override: `deadline` (dl) is how long the buffer lasts without this very
  // segment; failing that `buffer_length` (bl); `playback_rate` (pr) is how fast the clock goes
  // until the next request, 1 if absent (CTA-5004 sends it only if it is not 1), 0 if paused.
  void Requested(std::uint64_t sequence, const PlayerHints& hints, TimePoint now);

  // The whole segment, `media` long, was handed to the player. Ignored unless it was requested
  // since the buffer last counted as empty. Segments delivered out of order count once those
  // before them came.
  void Delivered(std::uint64_t sequence, Duration media, TimePoint now);

  // The player went away from its request before the whole segment was handed to it. If it asks for
  // the segment again, that is a repeated request; if for the following one, it skipped this one.
  void Abandoned(std::uint64_t sequence, TimePoint now);

  // Media left to play. Zero before the first delivery. Stands still while paused.
  Duration BufferAt(TimePoint now) const;

  // When the player runs dry without the segment that begins `media_before` after the end of what
  // was delivered (0: segment next_sequence()), if all before it comes in time; less kSafety, so it
  // may lie before `now`. While paused: as if playback went on this instant, for it may.
  TimePoint Deadline(Duration media_before, TimePoint now) const;

  // The first segment that the player has not got: the one it waits for, or else the one after the
  // last it was given. nullopt before the first request.
  std::optional<std::uint64_t> next_sequence() const;

  // The furthest segment asked for since the buffer last counted as empty. nullopt before the first
  // request.
  std::optional<std::uint64_t> last_requested() const;

  // A segment was delivered, ever.
  bool started() const { return started_; }
  // A request is neither delivered nor abandoned.
  bool waiting() const { return !open_.empty(); }
  bool paused() const { return rate_ == 0; }

  // Times the player sat at zero for kStallMin or longer while it waited for a segment, and how
  // long in all. Neither start-up nor the wait after a seek counts. As of the last Requested,
  // Delivered or Abandoned.
  std::uint64_t stalls() const { return stalls_; }
  Duration stalled() const { return stalled_; }

  // From the first request to the first delivery; zero until then.
  Duration startup() const { return startup_; }

 private:
  // A segment that was requested and neither delivered nor abandoned, and by how many requests.
  struct Open {
    std::uint64_t sequence;
    int requests;
  };

  // Brings buffer, anchor and stall accounting up to `now`.
  void Settle(TimePoint now);
  void Reset(std::uint64_t sequence);
  void TakeHints(const PlayerHints& hints);
  // Moves next_ on to `limit`, or to the first segment before it that is still waited for.
  void SkipTo(std::uint64_t limit);
  std::vector<Open>::iterator FindOpen(std::uint64_t sequence);
  void AddMedia(Duration media);
  void CountDry(Duration wait);

  // The clock: `buffer_` was true at `anchor_`.
  TimePoint anchor_{};
  Duration buffer_{};
  double rate_ = 1;
  bool started_ = false;  // something was delivered
  bool running_ = false;  // so it was, or the player said that it has something to play

  // The requests. Meaningful once `requested_`.
  bool requested_ = false;
  std::uint64_t next_ = 0;  // first segment not delivered
  std::uint64_t last_ = 0;  // furthest segment requested
  std::vector<Open> open_;
  std::vector<std::pair<std::uint64_t, Duration>> early_;  // delivered before their predecessors

  // Stalls.
  TimePoint first_requested_{};
  bool excused_ = false;  // the buffer is empty because of a seek: waiting is no stall
  Duration dry_{};        // length so far of the wait at zero that is going on
  std::uint64_t stalls_ = 0;
  Duration stalled_{};
  Duration startup_{};
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_PLAYHEAD_H_
