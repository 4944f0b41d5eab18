#include "client/core/shelf.h"

#include <algorithm>
#include <vector>

namespace shoal::core {

void Shelf::LearnLength(Segment& segment, std::uint64_t length, LengthSource source) {
  if (source == LengthSource::kPeer && (segment.length_known() || length == 0)) return;
  const std::uint64_t shared_max = std::min<std::uint64_t>(
      s_.ctx.config.cache_bytes / 4, std::uint64_t{kPiecesPerSegmentMax} * kPieceSize);
  if (length > shared_max) {
    if (source != LengthSource::kCdn) return;  // an unlikely claim: let the CDN say so
    segment.oversize = true;
    return Discard(segment);
  }
  if (segment.length_known() && segment.length != length) {
    const bool from_peers = segment.length_source == LengthSource::kPeer;
    if (!from_peers) return;  // the CDN contradicts itself: the transfer layer reports kChanged
    Discard(segment);
  }
  for (PieceIndex i = static_cast<PieceIndex>(PieceCount(length)); i < segment.pieces.size(); ++i) {
    puller_.Cancel(segment, i);
  }
  const std::uint64_t held_before = segment.held_bytes();
  segment.SetLength(length, source);
  s_.ctx.cache_bytes -= held_before - std::min(held_before, segment.held_bytes());
  fetches_.PiecesChanged(segment);
}

void Shelf::Discard(Segment& segment) {
  desk_.FailReleased(segment.sequence);
  puller_.CancelSegment(segment);
  fetches_.CancelSegment(segment);
  for (const LinkReject& reject : s_.ctx.uploader.Dropped(s_.Ref(segment))) {
    s_.ctx.Do(SendMessage{reject.link, reject.reject});
  }
  teller_.SegmentDropped(segment);
  s_.ctx.cache_bytes -= segment.held_bytes();
  if (segment.held_bytes() > 0) s_.ctx.Do(DropSegment{s_.Ref(segment)});
  segment.Reset();
}

void Shelf::LearnLengthsFromPeers() {
  for (auto& [sequence, segment] : s_.table.segments()) {
    for (const auto& [id, link] : s_.links) {
      if (segment.length_known()) break;
      const PeerView::Held* held = link.view.Find(segment.key);
      if (held != nullptr) LearnLength(segment, held->length, LengthSource::kPeer);
    }
  }
}

void Shelf::ForgetUnlisted() {
  const std::uint64_t earliest = desk_.Earliest().value_or(s_.table.limit());
  std::vector<std::uint64_t> forgotten;
  for (const auto& [sequence, segment] : s_.table.segments()) {
    if (std::binary_search(s_.window.begin(), s_.window.end(), sequence)) continue;
    segment.holders.Clear();  // hardly asked for again
    if (segment.listed || desk_.Serving(sequence)) continue;
    const bool held = segment.held_bytes() > 0;
    if (held && s_.table.MediaBetween(sequence, earliest) <= kKeptBehind) continue;
    forgotten.push_back(sequence);
  }
  for (std::uint64_t sequence : forgotten) Release(*s_.table.Find(sequence));
}

const Segment* Shelf::Evictable() const {
  for (const auto& [sequence, segment] : s_.table.segments()) {
    if (segment.held_bytes() == 0 || desk_.Serving(sequence)) continue;
    if (std::binary_search(s_.window.begin(), s_.window.end(), sequence)) continue;
    return &segment;
  }
  return nullptr;
}

std::optional<TimePoint> Shelf::OldestEvictable() const {
  const Segment* segment = Evictable();
  return segment == nullptr ? std::nullopt : segment->entered;
}

bool Shelf::EvictOne() {
  const Segment* segment = Evictable();
  if (segment == nullptr) return false;
  Release(*s_.table.Find(segment->sequence));
  return true;
}

void Shelf::Release(Segment& segment) {
  Discard(segment);
  segment.entered.reset();
  if (!segment.listed) s_.table.Erase(segment.sequence);
}

}  // namespace shoal::core
