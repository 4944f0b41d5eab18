// The segments' bytes that this client holds: how long segments are, which are kept for others once they
// left the playlist, and which go first when room is needed.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_SHELF_H_
#define SHOAL_CLIENT_CORE_SHELF_H_

#include <cstdint>
#include <optional>

#include "client/core/fetches.h"
#include "client/core/player_desk.h"
#include "client/core/puller.h"
#include "client/core/stream_state.h"
#include "client/core/teller.h"

namespace shoal::core {

class Shelf {
 public:
  // Segments that left the playlist are kept for others so far behind the earliest playhead.
  static constexpr Duration kKeptBehind = Seconds(30);

  Shelf(StreamState& state, Teller& teller, PlayerDesk& desk, Fetches& fetches, Puller& puller)
      : s_(state), teller_(teller), desk_(desk), fetches_(fetches), puller_(puller) {}

  // Somebody says how long the segment is. What contradicts better knowledge is ignored; what is
  // better discards the bytes that were held under the wrong length.
  void LearnLength(Segment& segment, std::uint64_t length, LengthSource source);
  // Of segments that were just listed, peers may have spoken before.
  void LearnLengthsFromPeers();

  // Throws away its bytes, and stops whatever is under way for it.
  void Discard(Segment& segment);
  // Forgets the segments of which nothing is held, or that nobody will want, and that the playlist
  // lists no more.
  void ForgetUnlisted();

  // Frees the bytes of the segment that is least worth keeping; false if all are in use.
  bool EvictOne();
  // When the segment that EvictOne would free entered the window; nullopt: none.
  std::optional<TimePoint> OldestEvictable() const;

 private:
  const Segment* Evictable() const;
  void Release(Segment& segment);

  StreamState& s_;
  Teller& teller_;
  PlayerDesk& desk_;
  Fetches& fetches_;
  Puller& puller_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_SHELF_H_
