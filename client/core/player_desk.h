// The players of one stream and what they asked for: playheads, open requests, the window that
// follows from them, and when each segment is needed.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_PLAYER_DESK_H_
#define SHOAL_CLIENT_CORE_PLAYER_DESK_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "client/core/playhead.h"
#include "client/core/stream_state.h"

namespace shoal::core {

class PlayerDesk {
 public:
  // Playheads kept per stream; the one that was silent longest goes first.
  static constexpr std::size_t kPlayersMax = 32;
  // Open requests per stream; further ones are relayed.
  static constexpr std::size_t kRequestsMax = 128;
  // The window reaches this far beyond the furthest request.
  static constexpr Duration kAhead = Seconds(10);
  // Beyond what its buffer lasts, the viewer of a finished playlist may be silent for so long.
  static constexpr Duration kSilenceOnDemand = Seconds(30);
  // A request is answered after this at the latest: hls.js gives up on a first byte after 10 s,
  // ExoPlayer after 8.
  static constexpr Duration kHoldLimit = Seconds(6);

  struct Request {
    RequestId id = 0;
    PlayerId player = 0;
    std::uint64_t sequence = 0;
    TimePoint asked{};
    bool released = false;  // answered, or being answered
    bool relayed = false;   // no longer any business of the core
  };

  explicit PlayerDesk(StreamState& state) : s_(state) {}

  // False: there are too many already.
  [[nodiscard]] bool Add(const PlayerRequested& requested);
  void Served(RequestId id);
  void Gone(RequestId id);
  // nullptr: unknown.
  Request* Find(RequestId id);
  absl::btree_map<RequestId, Request>& requests() { return requests_; }
  bool Serving(std::uint64_t sequence) const;
  // Some request is not answered yet.
  bool waiting() const;
  // The bytes of the segment are about to go: answers being sent from them cannot be completed.
  void FailReleased(std::uint64_t sequence);

  // When the first player that waits for the segment runs dry without it; nullopt: nobody waits.
  std::optional<TimePoint> Deadline(std::uint64_t sequence) const;
  // When the player of this request runs dry without its segment.
  TimePoint DeadlineOf(const Request& request) const;
  // Whether a playback starts (or starts anew) with this segment.
  bool Starting(std::uint64_t sequence) const;

  // Any request, for a playlist or a segment.
  void Asked() { last_asked_ = s_.ctx.now; }
  // When the stream counts as left: nothing asked for 3 target durations, or, when the playlist has
  // ended, for as long as the players' buffers last and 30 s.
  TimePoint LeftAt() const;

  // Works out the window anew; what enters it gets its pieces.
  void UpdateWindow();
  // The first segment that a player still needs; nullopt without players.
  std::optional<std::uint64_t> Earliest() const;

  void Forget();  // all players
  void ReportStalls();

 private:
  struct Player {
    Playhead playhead;
    std::uint64_t furthest = 0;
    TimePoint last_asked{};
    bool startup_reported = false;
  };

  std::uint64_t NextOf(PlayerId id, const Player& player) const;

  StreamState& s_;
  absl::btree_map<PlayerId, Player> players_;
  absl::btree_map<RequestId, Request> requests_;
  TimePoint last_asked_{};
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_PLAYER_DESK_H_
