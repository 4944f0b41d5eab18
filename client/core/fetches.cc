#include "client/core/fetches.h"

#include <algorithm>

namespace shoal::core {

void Fetches::Start(Segment& segment, Fetch fetch) {
  fetch.id = ++s_.ctx.last_fetch;
  fetch.sequence = segment.sequence;
  fetches_[fetch.id] = fetch;
  s_.ctx.cdn.Started(fetch.id, s_.ctx.now);
  ++s_.figures.cdn_requests;
  s_.ctx.Do(FetchFromCdn{fetch.id, s_.Ref(segment), {fetch.next, fetch.end}});
  PiecesChanged(segment);
}

void Fetches::Ask(Segment& segment, const std::vector<PieceIndex>& pieces, Purpose purpose) {
  for (std::size_t i = 0; i < pieces.size();) {
    std::size_t last = i;
    while (last + 1 < pieces.size() && pieces[last + 1] == pieces[last] + 1 &&
           segment.pieces[pieces[last + 1]].progress == 0) {
      ++last;
    }
    Fetch fetch;
    fetch.next = segment.PieceOffset(pieces[i]) + segment.pieces[pieces[i]].progress;
    fetch.end = segment.PieceOffset(pieces[last]) + segment.PieceSize(pieces[last]);
    fetch.purpose = purpose;
    Start(segment, fetch);
    i = last + 1;
  }
}

void Fetches::AskWhole(Segment& segment) {
  Fetch fetch;
  fetch.end = FetchFromCdn::kToEnd;
  fetch.purpose = Purpose::kHandoff;
  Start(segment, fetch);
}

void Fetches::PiecesChanged(Segment& segment) {
  for (const auto& [id, fetch] : fetches_) {
    if (fetch.sequence != segment.sequence) continue;
    for (PieceIndex i = static_cast<PieceIndex>(fetch.next / kPieceSize);
         i < segment.pieces.size() && segment.PieceOffset(i) < fetch.end; ++i) {
      Piece& piece = segment.pieces[i];
      if (piece.fetch != 0 || segment.PieceComplete(i)) continue;
      piece.fetch = id;
      piece.asked = s_.ctx.now;
      piece.seeding = fetch.purpose == Purpose::kSeed;
    }
  }
}

Fetches::Fetch* Fetches::Find(FetchId id) {
  const auto it = fetches_.find(id);
  return it == fetches_.end() ? nullptr : &it->second;
}

bool Fetches::Busy(const Segment& segment) const {
  return std::any_of(fetches_.begin(), fetches_.end(),
                     [&](const auto& entry) { return entry.second.sequence == segment.sequence; });
}

std::size_t Fetches::Count(const Segment& segment, Purpose purpose) const {
  return static_cast<std::size_t>(
      std::count_if(fetches_.begin(), fetches_.end(), [&](const auto& entry) {
        return entry.second.sequence == segment.sequence && entry.second.purpose == purpose;
      }));
}

bool Fetches::NothingLeft(const Segment& segment, const Fetch& fetch) const {
  for (PieceIndex i = static_cast<PieceIndex>(fetch.next / kPieceSize); i < segment.pieces.size();
       ++i) {
    if (segment.pieces[i].fetch == fetch.id && !segment.PieceComplete(i)) return false;
  }
  return true;
}

std::vector<FetchId> Fetches::Stalled() {
  std::vector<FetchId> stalled;
  const Duration patience = s_.ctx.cdn.StallPatience();
  for (const auto& [id, fetch] : fetches_) {
    if (!fetch.begun) continue;
    if (s_.ctx.now - fetch.last_byte >= patience) {
      stalled.push_back(id);
    } else {
      s_.WakeAt(fetch.last_byte + patience);
    }
  }
  return stalled;
}

void Fetches::OnBytes(Fetch& fetch, std::uint32_t size) {
  fetch.begun = true;
  fetch.last_byte = s_.ctx.now;
  s_.ctx.cdn.Received(fetch.id, size, s_.ctx.now);
  s_.figures.bytes_from_cdn += size;
  Segment* segment = s_.table.Find(fetch.sequence);
  if (segment == nullptr) return;
  bool completed_by_others = false;
  for (std::uint32_t done = 0; done < size;) {
    const PieceIndex index = static_cast<PieceIndex>(fetch.next / kPieceSize);
    if (index >= segment->pieces.size()) {
      s_.figures.bytes_wasted += size - done;
      fetch.next += size - done;
      break;
    }
    const std::uint32_t offset = static_cast<std::uint32_t>(fetch.next % kPieceSize);
    const std::uint32_t piece_size = segment->PieceSize(index);
    const std::uint32_t n = std::min(size - done, piece_size > offset ? piece_size - offset : 0);
    if (n == 0) {  // beyond the end of the last piece
      s_.figures.bytes_wasted += size - done;
      fetch.next += size - done;
      break;
    }
    const bool was_complete = segment->PieceComplete(index);
    intake_.Take(*segment, index, {.offset = offset, .skip = done, .size = n});
    Piece& piece = segment->pieces[index];
    if (segment->PieceComplete(index)) {
      if (!was_complete) {
        ++s_.figures.pieces_from_cdn;
        if (piece.seeding) ++s_.figures.pieces_seeded;
      }
      completed_by_others |= was_complete;
      if (piece.fetch == fetch.id) piece.fetch = 0;
    }
    done += n;
    fetch.next += n;
  }
  // A race that peers won: what is still to come is held already.
  if (completed_by_others && segment->length_known() && fetch.next < segment->length &&
      NothingLeft(*segment, fetch)) {
    Cancel(fetch.id);
  }
}

void Fetches::Release(const Fetch& fetch) {
  Segment* segment = s_.table.Find(fetch.sequence);
  if (segment == nullptr) return;
  for (Piece& piece : segment->pieces) {
    if (piece.fetch == fetch.id) piece.fetch = 0;
  }
}

void Fetches::OnFinished(const Fetch& done, const CdnFinished& finished) {
  const Fetch fetch = done;
  fetches_.erase(fetch.id);
  s_.ctx.cdn.Finished(fetch.id, s_.ctx.now);
  Segment* segment = s_.table.Find(fetch.sequence);
  if (segment == nullptr) return;
  bool brought_all = finished.outcome == FetchOutcome::kComplete;
  for (PieceIndex i = 0; i < segment->pieces.size(); ++i) {
    if (segment->pieces[i].fetch == fetch.id && !segment->PieceComplete(i)) brought_all = false;
  }
  Release(fetch);
  if (brought_all) {
    segment->cdn_failures = 0;
    return;
  }
  ++s_.figures.cdn_errors;
  segment->cdn_status = finished.http_status;
  segment->cdn_retry_at =
      s_.ctx.now + std::min(kRetryMin * (1 << std::min(segment->cdn_failures, 6u)), kRetryMax);
  segment->cdn_failed_at = s_.ctx.now;
  ++segment->cdn_failures;
}

void Fetches::Cancel(FetchId id) {
  const auto it = fetches_.find(id);
  if (it == fetches_.end()) return;
  Release(it->second);
  fetches_.erase(it);
  s_.ctx.cdn.Finished(id, s_.ctx.now);
  s_.ctx.Do(CancelFetch{id});
}

void Fetches::CancelSegment(const Segment& segment) {
  std::vector<FetchId> ids;
  for (const auto& [id, fetch] : fetches_) {
    if (fetch.sequence == segment.sequence) ids.push_back(id);
  }
  for (FetchId id : ids) Cancel(id);
}

void Fetches::CancelAll() {
  while (!fetches_.empty()) Cancel(fetches_.begin()->first);
}

}  // namespace shoal::core
