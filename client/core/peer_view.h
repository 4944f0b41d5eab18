// What one linked peer holds, by what it said. Also of segments that this client's playlist does
// not list yet: peers poll at other moments. Bounded: the segments said first are forgotten first.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_PEER_VIEW_H_
#define SHOAL_CLIENT_CORE_PEER_VIEW_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "client/core/messages.h"
#include "client/core/types.h"
#include "common/base/ids.h"

namespace shoal::core {

class PeerView {
 public:
  static constexpr std::size_t kSegmentsMax = 256;

  // What the peer holds of one segment.
  struct Held {
    std::uint64_t length = 0;  // as the peer said; 0: it does not know
    bool complete = false;
    std::vector<PieceState> pieces;  // shorter than the segment: the rest is kNone

    PieceState StateOf(PieceIndex piece) const {
      if (complete) return PieceState::kComplete;
      return piece < pieces.size() ? pieces[piece] : PieceState::kNone;
    }
  };

  // Takes over one entry of a Progress message.
  void Apply(const SegmentProgress& progress);

  // The peer turned out not to hold the piece.
  void Forget(const SegmentKey& key, PieceIndex piece);

  // nullptr: nothing of it.
  const Held* Find(const SegmentKey& key) const;

 private:
  absl::flat_hash_map<SegmentKey, Held, SegmentKeyHash> held_;
  std::deque<SegmentKey> order_;  // of first mention
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_PEER_VIEW_H_
