#include "client/core/peer_view.h"

#include <algorithm>

#include "client/core/holders.h"

namespace shoal::core {
namespace {

// The place of the segment among these, dropped or not. The newest segments are spoken of most.
template <typename HeldList>
auto* PlaceOf(const SegmentKey& key, HeldList& list) {
  const auto it = std::find_if(list.rbegin(), list.rend(),
                               [&key](const PeerView::Held& held) { return held.key == key; });
  return it == list.rend() ? nullptr : &*it;
}

}  // namespace

PeerView::Change PeerView::Apply(const SegmentProgress& progress, Holders* holders,
                                 bool can_upload) {
  Held* held = PlaceOf(progress.key, held_);
  const bool known = held != nullptr && !held->dropped;
  if (progress.dropped) {
    if (!known) return Change::kPieces;
    *held = Held{.key = progress.key, .dropped = true, .pieces = {}};
    while (!held_.empty() && held_.front().dropped) held_.pop_front();
    return Change::kSegment;
  }
  // Gossip alone says nothing of what the peer holds; nothing at all, that it knows the segment.
  if (!progress.complete && progress.pieces.empty() && !progress.gossip.empty()) {
    return Change::kPieces;
  }
  Change change = Change::kPieces;
  if (!known) {
    holders = nullptr;
    change = Change::kSegment;
    if (held == nullptr) {
      if (held_.size() == kSegmentsMax) change = MakeRoom();
      held = &held_.emplace_back(Held{.key = progress.key, .pieces = {}});
    }
    held->dropped = false;
  }
  if (progress.length != 0) held->length = progress.length;
  if (held->complete != progress.complete) {
    if (holders != nullptr) holders->Count(*held, can_upload, -1);
    held->complete = progress.complete;
    held->pieces = {};
    if (holders != nullptr) holders->Count(*held, can_upload, +1);
  }
  if (held->complete) return change;
  for (const PieceNews& news : progress.pieces) {
    if (news.piece >= kPiecesPerSegmentMax) continue;
    if (news.piece >= held->pieces.size()) held->pieces.resize(news.piece + 1, PieceState::kNone);
    PieceState& state = held->pieces[news.piece];
    if (holders != nullptr) holders->Moved(news.piece, state, news.state, can_upload);
    state = news.state;
  }
  return change;
}

PeerView::Change PeerView::MakeRoom() {
  if (std::erase_if(held_, [](const Held& held) { return held.dropped; }) == 0) held_.pop_front();
  return Change::kMore;
}

void PeerView::Forget(const SegmentKey& key, PieceIndex piece) {
  Held* held = PlaceOf(key, held_);
  if (held == nullptr) return;
  if (held->complete) {
    held->complete = false;
    held->pieces.assign(std::min<std::uint64_t>(PieceCount(held->length), kPiecesPerSegmentMax),
                        PieceState::kComplete);
  }
  if (piece < held->pieces.size()) held->pieces[piece] = PieceState::kNone;
}

const PeerView::Held* PeerView::Find(const SegmentKey& key) const {
  const Held* held = PlaceOf(key, held_);
  return held == nullptr || held->dropped ? nullptr : held;
}

}  // namespace shoal::core
