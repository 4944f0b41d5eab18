#include "client/core/peer_view.h"

#include <algorithm>

#include "client/core/holders.h"

namespace shoal::core {

PeerView::Change PeerView::Apply(const SegmentProgress& progress, const Known& known) {
  Holders* holders = known.holders;
  Held* held = known.held;
  if (held == nullptr) {
    const std::size_t place = PlaceOf(progress.key);
    if (place != keys_.size()) held = &held_[place];
  }
  const bool there = held != nullptr && !held->dropped;
  if (progress.dropped) {
    if (!there) return Change::kPieces;
    *held = Held();
    held->dropped = true;
    ForgetDroppedFirst();
    return Change::kSegment;
  }
  // Gossip alone says nothing of what the peer holds; nothing at all, that it knows the segment.
  if (!progress.complete && progress.pieces.empty() && !progress.gossip.empty()) {
    return Change::kPieces;
  }
  Change change = Change::kPieces;
  if (!there) {
    holders = nullptr;
    change = Change::kSegment;
    if (held == nullptr) {
      if (held_.size() == kSegmentsMax) change = MakeRoom();
      keys_.push_back(progress.key);
      held = &held_.emplace_back();
    }
    held->dropped = false;
  }
  if (progress.length != 0) {
    // Nobody believes one that large anyway.
    held->length = static_cast<std::uint32_t>(std::min<std::uint64_t>(progress.length, UINT32_MAX));
  }
  if (held->complete != progress.complete) {
    if (holders != nullptr) holders->Count(known.place, *held, known.can_upload, -1);
    held->complete = progress.complete;
    held->Clear();
    if (holders != nullptr) holders->Count(known.place, *held, known.can_upload, +1);
  }
  if (held->complete) return change;
  for (const PieceNews& news : progress.pieces) {
    if (news.piece >= kPiecesPerSegmentMax) continue;
    if (holders != nullptr) {
      holders->Moved(known.place, news.piece, held->StateOf(news.piece), news.state,
                     known.can_upload);
    }
    held->Set(news.piece, news.state);
  }
  return change;
}

void PeerView::ForgetDroppedFirst() {
  std::ptrdiff_t dropped = 0;
  for (; !held_.empty() && held_.front().dropped; ++dropped) held_.pop_front();
  keys_.erase(keys_.begin(), keys_.begin() + dropped);
}

PeerView::Change PeerView::MakeRoom() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (held_[i].dropped) continue;
    if (kept != i) {
      keys_[kept] = keys_[i];
      held_[kept] = std::move(held_[i]);
    }
    ++kept;
  }
  if (kept == held_.size()) held_.front().dropped = true;  // the one that was said first goes
  keys_.resize(kept);
  held_.resize(kept);
  ForgetDroppedFirst();
  return Change::kMore;
}

void PeerView::Forget(const SegmentKey& key, PieceIndex piece) {
  const std::size_t place = PlaceOf(key);
  if (place == keys_.size()) return;
  Held& held = held_[place];
  if (held.complete) {
    held.complete = false;
    const std::uint64_t pieces = PieceCount(held.length);
    for (PieceIndex i = 0; i < std::min<std::uint64_t>(pieces, kPiecesPerSegmentMax); ++i) {
      held.Set(i, PieceState::kComplete);
    }
  }
  if (held.StateOf(piece) != PieceState::kNone) held.Set(piece, PieceState::kNone);
}

std::size_t PeerView::PlaceOf(const SegmentKey& key) const {
  for (std::size_t i = keys_.size(); i > 0; --i) {
    if (keys_[i - 1] == key) return i - 1;
  }
  return keys_.size();
}

PeerView::Held* PeerView::Find(const SegmentKey& key) {
  const std::size_t place = PlaceOf(key);
  return place == keys_.size() || held_[place].dropped ? nullptr : &held_[place];
}

const PeerView::Held* PeerView::Find(const SegmentKey& key) const {
  const std::size_t place = PlaceOf(key);
  return place == keys_.size() || held_[place].dropped ? nullptr : &held_[place];
}

}  // namespace shoal::core
