#include "client/core/peer_view.h"

#include <algorithm>

namespace shoal::core {

void PeerView::Apply(const SegmentProgress& progress) {
  if (progress.dropped) {
    if (held_.erase(progress.key) > 0) {
      order_.erase(std::find(order_.begin(), order_.end(), progress.key));
    }
    return;
  }
  // Gossip alone says nothing of what the peer holds; nothing at all, that it knows the segment.
  if (!progress.complete && progress.pieces.empty() && !progress.gossip.empty()) return;
  const auto [it, added] = held_.try_emplace(progress.key);
  if (added) {
    order_.push_back(progress.key);
    if (order_.size() > kSegmentsMax) {
      held_.erase(order_.front());
      order_.pop_front();
    }
  }
  Held& held = it->second;
  if (progress.length != 0) held.length = progress.length;
  held.complete = progress.complete;
  for (const PieceNews& news : progress.pieces) {
    if (news.piece >= kPiecesPerSegmentMax) continue;
    if (news.piece >= held.pieces.size()) held.pieces.resize(news.piece + 1, PieceState::kNone);
    held.pieces[news.piece] = news.state;
  }
}

void PeerView::Forget(const SegmentKey& key, PieceIndex piece) {
  const auto it = held_.find(key);
  if (it == held_.end()) return;
  Held& held = it->second;
  if (held.complete) {
    held.complete = false;
    held.pieces.assign(std::min<std::uint64_t>(PieceCount(held.length), kPiecesPerSegmentMax),
                       PieceState::kComplete);
  }
  if (piece < held.pieces.size()) held.pieces[piece] = PieceState::kNone;
}

const PeerView::Held* PeerView::Find(const SegmentKey& key) const {
  const auto it = held_.find(key);
  return it == held_.end() ? nullptr : &it->second;
}

}  // namespace shoal::core
