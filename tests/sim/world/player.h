// A player that behaves like hls.js, after the demo's headless one (deploy/demo/player.py).
//
// It loads the playlist, starts three target durations (or `live_delay`) behind the live edge, VOD
// at the beginning, and asks for one segment after the other, each as soon as it is listed, while
// less than 30 s are buffered. It loads the playlist again every target duration, counted from its
// request, every half while nothing is new. What fails is tried up to six times more, a second and
// more apart; what has left the playlist before its turn is lost, and it goes on behind the edge.
//
// Sans-IO: Next says what it wants done, until there is nothing; what comes of that is told by On….
// Time: `now` never decreases. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_PLAYER_H_
#define SHOAL_TESTS_SIM_WORLD_PLAYER_H_

#include <cstdint>
#include <optional>

#include "common/time/time.h"
#include "tests/sim/world/media.h"
#include "tests/sim/world/playback.h"

namespace shoal::sim {

// What a viewer will do besides watching; at most one of each.
struct PlayerPlan {
  std::uint32_t rendition = 0;
  Duration live_delay{};  // behind the live edge; 0: three segments
  std::optional<TimePoint> pause_at;
  std::optional<TimePoint> seek_at;
  std::uint64_t seek_to = 0;  // VOD: segment number
  std::optional<TimePoint> switch_at;
  std::uint32_t switch_to = 0;  // rendition
};

class Player {
 public:
  static constexpr Duration kBufferMax = Seconds(30);
  static constexpr Duration kPause = Seconds(10);
  static constexpr std::uint64_t kSeekBack = 2;  // live: segments
  static constexpr std::uint32_t kRetries = 6;
  static constexpr Duration kRetryDelayMax = Seconds(8);

  // `media` must outlive it.
  Player(const Media& media, const PlayerPlan& plan, TimePoint begin);

  enum class Want : std::uint8_t { kNothing, kPlaylist, kSegment, kAbort };
  struct Ask {
    Want want = Want::kNothing;
    std::uint32_t rendition = 0;
    std::uint64_t sequence = 0;  // kSegment
  };
  // What to do next: load a playlist, fetch a segment, or give up the one being fetched.
  Ask Next(TimePoint now);
  // When Next may say something although nothing was told; nullopt: never.
  std::optional<TimePoint> Wakeup(TimePoint now);

  void OnPlaylist(std::uint32_t rendition, const Listing& listing, TimePoint now);
  void OnPlaylistFailed(std::uint32_t rendition, TimePoint now);

  struct Shown {
    std::optional<Duration> startup;  // with the first segment
    std::optional<Duration> latency;  // behind the live; live, and unless paused
    Duration stall{};                 // that it ended
  };
  // The segment asked for was received whole.
  Shown OnSegment(TimePoint now);
  // `for_good`: it will not be had by trying again.
  void OnSegmentFailed(bool for_good, TimePoint now);

  Playback& playback() { return playback_; }
  std::uint32_t rendition() const { return rendition_; }
  std::uint64_t lost() const { return lost_; }

 private:
  std::uint64_t LiveStart(const Listing& listing) const;
  void Act(TimePoint now);

  // Constant after construction.
  const Media& media_;
  const TimePoint begin_;

  PlayerPlan plan_;  // without what was done
  Playback playback_;
  std::uint32_t rendition_;
  std::optional<TimePoint> resume_at_;

  std::optional<Listing> listing_;
  bool loading_ = false;
  std::optional<TimePoint> load_at_;  // nullopt: never again
  TimePoint load_began_{};
  std::uint32_t load_failures_ = 0;

  std::optional<std::uint64_t> next_;  // the segment whose turn it is
  bool fetching_ = false;
  bool abort_ = false;
  std::uint32_t attempt_ = 0;
  TimePoint retry_at_{};
  bool started_ = false;
  std::uint64_t lost_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_PLAYER_H_
