// What one linked peer holds, by what it said. Also of segments that this client's playlist does
// not list yet: peers poll at other moments. Bounded: the segments said first are forgotten first.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_PEER_VIEW_H_
#define SHOAL_CLIENT_CORE_PEER_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "client/core/messages.h"
#include "client/core/peer_holding.h"
#include "client/core/types.h"
#include "common/base/ids.h"

namespace shoal::core {

class Holders;

class PeerView {
 public:
  static constexpr std::size_t kSegmentsMax = 256;

  using Held = PeerHolding;

  // What an entry of a Progress message changed, and hence which results of Find it made invalid.
  enum class Change : std::uint8_t {
    kPieces,   // at most what is held of the segment: none
    kSegment,  // the segment came or went: that of the segment
    kMore,     // others went, too: all
  };

  struct Known {
    Held* held = nullptr;  // what Find returns, if the caller knows: searching is dear
    Holders* holders =
        nullptr;             // of the segment: learn which pieces changed, and no more than that
    bool can_upload = true;  // the peer
    std::size_t place = 0;   // of its link
  };
  // Takes over one entry of a Progress message.
  Change Apply(const SegmentProgress& progress, const Known& known);
  Change Apply(const SegmentProgress& progress) { return Apply(progress, Known()); }

  // The peer turned out not to hold the piece. Invalidates nothing.
  void Forget(const SegmentKey& key, PieceIndex piece);

  // nullptr: nothing of it.
  const Held* Find(const SegmentKey& key) const;
  Held* Find(const SegmentKey& key);

 private:
  // The newest segments are searched first, for they are spoken of most. keys_.size(): none.
  std::size_t PlaceOf(const SegmentKey& key) const;
  void ForgetDroppedFirst();
  Change MakeRoom();

  // By first mention. Keys lie side by side, for they are searched; what is held does not move.
  std::vector<SegmentKey> keys_;
  std::deque<Held> held_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_PEER_VIEW_H_
