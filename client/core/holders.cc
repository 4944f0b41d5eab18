#include "client/core/holders.h"

#include <algorithm>

namespace shoal::core {

void Holders::Begin(std::uint32_t version, std::size_t pieces) {
  version_ = version;
  peers_.clear();
  held_.clear();
  counts_.assign(pieces, Counts{});
}

void Holders::Add(const Peer& peer, bool can_upload) {
  const auto behind =
      std::upper_bound(peers_.begin(), peers_.end(), peer.place,
                       [](std::size_t place, const Peer& other) { return place < other.place; });
  peers_.insert(behind, peer);
  if (held_.size() <= peer.place) held_.resize(peer.place + 1);
  held_[peer.place] = peer.held;
  Count(peer.place, *peer.held, can_upload, +1);
}

void Holders::Clear() {
  version_ = 0;
  peers_ = {};
  held_ = {};
  counts_ = {};
}

void Holders::Count(std::size_t place, const PeerView::Held& held, bool can_upload, int sign) {
  for (PieceIndex i = 0; i < counts_.size(); ++i) {
    counts_[i].Add(place, held.StateOf(i), can_upload, sign);
  }
}

void Holders::Moved(std::size_t place, PieceIndex piece, PieceState from, PieceState to,
                    bool can_upload) {
  if (piece >= counts_.size()) return;
  counts_[piece].Add(place, from, can_upload, -1);
  counts_[piece].Add(place, to, can_upload, +1);
}

}  // namespace shoal::core
