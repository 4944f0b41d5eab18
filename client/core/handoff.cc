#include "client/core/handoff.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/container/inlined_vector.h"

namespace shoal::core {

Duration Handoff::LostToUploads(std::uint64_t bytes) const {
  const Duration delay = s_.ctx.uploader.UplinkDelay();
  if (delay == Duration::zero()) return delay;
  const double rounds =
      std::min(kRoundsMax, std::log2(1 + static_cast<double>(bytes) / kInitialWindow));
  return Seconds(kInOwnUplink * rounds * ToSeconds(delay));
}

Duration Handoff::LastSafe(std::uint64_t bytes) const {
  return s_.ctx.cdn.LastSafe(bytes, LostToUploads(bytes), s_.ctx.now);
}

Duration Handoff::Need(std::uint64_t bytes) const {
  return s_.ctx.cdn.Need(bytes, LostToUploads(bytes), s_.ctx.now);
}

Handoff::Missing Handoff::MissingOf(const Segment& segment, TimePoint deadline) {
  struct Prospect {
    PieceIndex piece;
    TimePoint done;
  };
  absl::InlinedVector<Prospect, PeerView::Held::kPiecesInline> prospects;
  Missing missing;
  for (PieceIndex i = 0; i < segment.pieces.size(); ++i) {
    if (segment.PieceComplete(i) || segment.pieces[i].fetch != 0) continue;
    prospects.push_back({i, puller_.ExpectedDone(segment, i)});
    missing.all += segment.PieceSize(i) - segment.pieces[i].progress;
  }
  std::sort(prospects.begin(), prospects.end(), [](const Prospect& a, const Prospect& b) {
    return a.done != b.done ? a.done > b.done : a.piece < b.piece;
  });
  const TimePoint in_time = deadline - LastSafe(kPieceSize);
  waiting_.clear();
  for (const Prospect& prospect : prospects) {
    const PieceIndex i = prospect.piece;
    waiting_.push_back(i);
    if (prospect.done <= in_time) {
      ++missing.hopeful;
    } else {
      missing.unlikely += segment.PieceSize(i) - segment.pieces[i].progress;
    }
  }
  return missing;
}

TimePoint Handoff::RetryAt(const Segment& segment) {
  return std::min(segment.cdn_retry_at, segment.cdn_failed_at + kRetryMax);
}

void Handoff::Take(Segment& segment, std::vector<PieceIndex> pieces, HandoffReason reason) {
  if (pieces.empty()) return;
  if (s_.ctx.now < RetryAt(segment)) return s_.WakeAt(RetryAt(segment));
  std::sort(pieces.begin(), pieces.end());
  for (PieceIndex i : pieces) {
    puller_.Cancel(segment, i);
    Piece& piece = segment.pieces[i];
    if (!piece.handed_off) ++s_.figures.handoffs[static_cast<std::size_t>(reason)];
    piece.handed_off = true;
    // A start is nobody's lateness: it would be raced in the best of swarms.
    piece.late = reason == HandoffReason::kDeadline || reason == HandoffReason::kHoldLimit;
  }
  fetches_.Ask(segment, pieces, Fetches::Purpose::kHandoff);
}

void Handoff::TakeAll(Segment& segment, HandoffReason reason) {
  if (segment.complete()) return;
  if (!segment.length_known() || s_.no_ranges) {
    // Everything is asked for at once, so nothing of it may be under way already.
    if (s_.ctx.now < RetryAt(segment)) return s_.WakeAt(RetryAt(segment));
    if (fetches_.Busy(segment)) return;
    if (segment.held_bytes() == 0) {
      segment.started_race = reason == HandoffReason::kStart;
      ++s_.figures.handoffs[static_cast<std::size_t>(reason)];
      puller_.CancelSegment(segment);
      fetches_.AskWhole(segment);
      return;
    }
  }
  if (reason == HandoffReason::kStart) segment.started_race = true;
  MissingOf(segment, s_.ctx.now);
  Take(segment, waiting_, reason);
}

bool Handoff::NobodyToWaitFor(const Segment& segment) const {
  return !s_.ctx.swarming() || s_.OnlyFromCdn(segment) || !segment.shareable || s_.no_ranges ||
         s_.links.empty();
}

void Handoff::LookAt(Segment& segment, TimePoint deadline, TimePoint asked) {
  const TimePoint now = s_.ctx.now;
  if (desk_.Starting(segment.sequence)) return TakeAll(segment, HandoffReason::kStart);
  if (NobodyToWaitFor(segment)) return TakeAll(segment, HandoffReason::kNoPeers);
  if (s_.ctx.config.handoff == HandoffMode::kRequest) {
    return TakeAll(segment, HandoffReason::kRequest);
  }
  const TimePoint hold_limit = asked + PlayerDesk::kHoldLimit;
  if (now >= hold_limit) return TakeAll(segment, HandoffReason::kHoldLimit);
  s_.WakeAt(hold_limit);

  const std::uint64_t assumed = segment.length_known() ? 0 : kPieceSize;
  const Missing missing = MissingOf(segment, deadline);
  if (waiting_.empty() && assumed == 0) return;
  const TimePoint all_at = deadline - LastSafe(missing.all + assumed);
  if (now >= all_at) return TakeAll(segment, HandoffReason::kDeadline);
  s_.WakeAt(all_at);
  if (now < all_at - Puller::kWindDown) {
    s_.WakeAt(all_at - Puller::kWindDown);
  } else {
    for (PieceIndex i : waiting_) {
      if (puller_.ExpectedDone(segment, i) > all_at) puller_.WindDown(segment, i);
    }
  }
  if (missing.unlikely + assumed == 0) return;
  const TimePoint worst_at = deadline - Need(missing.unlikely + assumed);
  if (now < worst_at) return s_.WakeAt(worst_at);
  if (!segment.length_known()) return TakeAll(segment, HandoffReason::kDeadline);
  const std::size_t busy = fetches_.Count(segment, Fetches::Purpose::kHandoff);
  if (busy >= kAtOnce) return;
  const std::size_t unlikely = waiting_.size() - missing.hopeful;
  const std::size_t n = std::min(kAtOnce - busy, unlikely);
  std::vector<PieceIndex> silent;
  for (std::size_t i = 0; i < n; ++i) {
    const PieceIndex piece = waiting_[i];
    if (puller_.Silent(segment, piece)) {
      silent.push_back(piece);
    } else {
      puller_.WindDown(segment, piece);
      s_.WakeAt(now + Puller::kWindDown);
    }
  }
  Take(segment, std::move(silent), HandoffReason::kDeadline);
}

bool Handoff::WorthGivingUp(const Segment& segment, const Fetches::Fetch& fetch) const {
  if (segment.cdn_stalls >= kStallsMax || s_.no_ranges || !segment.length_known()) return false;
  bool obtainable = !NobodyToWaitFor(segment);
  std::uint64_t rest = 0;
  for (PieceIndex i = 0; i < segment.pieces.size(); ++i) {
    if (segment.pieces[i].fetch != fetch.id) continue;
    rest += segment.PieceSize(i) - segment.pieces[i].progress;
    obtainable = obtainable && puller_.Obtainable(segment, i);
  }
  if (obtainable) return true;
  const Duration need = Need(rest);
  for (const auto& [id, request] : desk_.requests()) {
    if (request.sequence != segment.sequence || request.relayed) continue;
    if (request.released || s_.ctx.now + need >= desk_.DeadlineOf(request)) return true;
    s_.WakeAt(desk_.DeadlineOf(request) - need);
  }
  return false;
}

void Handoff::GiveUpStalled() {
  if (fetches_.empty()) return;
  for (const FetchId id : fetches_.Stalled()) {
    const Fetches::Fetch* fetch = fetches_.Find(id);
    Segment* segment = s_.table.Find(fetch->sequence);
    if (segment == nullptr || !WorthGivingUp(*segment, *fetch)) continue;
    ++segment->cdn_stalls;
    ++s_.figures.cdn_errors;
    fetches_.Cancel(id);
  }
}

bool Handoff::PeersMayBring(const Segment& segment, TimePoint due) const {
  if (s_.ctx.now >= due || NobodyToWaitFor(segment) || !segment.length_known()) return false;
  for (PieceIndex i = 0; i < segment.pieces.size(); ++i) {
    if (segment.PieceComplete(i) || segment.pieces[i].fetch != 0) continue;
    if (!puller_.Obtainable(segment, i)) return false;
  }
  return true;
}

bool Handoff::Failed(const Segment& segment, TimePoint due) const {
  if (segment.cdn_failures == 0 || fetches_.Busy(segment)) return false;
  if (PeersMayBring(segment, due)) return false;
  if (segment.cdn_failures >= kFailuresMax && s_.ctx.now >= due) return true;
  // Peers may still get what the CDN refuses: until something is handed off, waiting costs nothing.
  return segment.refused() && (s_.links.empty() || segment.pieces.empty() ||
                               std::any_of(segment.pieces.begin(), segment.pieces.end(),
                                           [](const Piece& piece) { return piece.handed_off; }));
}

void Handoff::Answer(PlayerDesk::Request& request, TimePoint due) {
  const Segment* segment = s_.table.Find(request.sequence);
  if (segment == nullptr || segment->oversize) {
    request.released = request.relayed = true;
    s_.ctx.Do(RelayRequest{request.id});
    return;
  }
  bool ready = segment->complete();
  if (!ready && segment->length_known()) {
    ready = true;
    for (PieceIndex i = 0; i < segment->pieces.size() && ready; ++i) {
      const Piece& piece = segment->pieces[i];
      // Under way from the CDN counts as good as held, unless the CDN has just refused it.
      ready =
          segment->PieceComplete(i) ||
          (piece.fetch != 0 && (piece.handed_off || segment->started_race) && !segment->refused());
    }
  }
  if (ready) {
    request.released = true;
    s_.ctx.Do(ReleaseRequest{request.id, segment->length});
  } else if (Failed(*segment, due)) {
    request.released = request.relayed = true;
    s_.ctx.Do(FailRequest{request.id, segment->cdn_status != 0 ? segment->cdn_status : 504});
  }
}

void Handoff::LookAt(PlayerDesk::Request& request, TimePoint due) {
  Segment* segment = s_.table.Find(request.sequence);
  if (segment == nullptr || segment->complete() || segment->oversize) return;
  // As long as the CDN, should peers fail, could still bring what stood still there.
  const TimePoint last =
      segment->cdn_stalls > 0 ? due - LastSafe(segment->missing_bytes()) : TimePoint::min();
  if (segment->refused() && PeersMayBring(*segment, due)) {
    // To hand off would stop those who can bring it, for the sake of one who said that he cannot.
    s_.WakeAt(due);
  } else if (segment->cdn_stalls > 0 && PeersMayBring(*segment, last)) {
    s_.WakeAt(last);
  } else if (!request.released) {
    LookAt(*segment, desk_.Deadline(request.sequence).value_or(s_.ctx.now), request.asked);
  } else {
    // Already being sent: whatever lost its source since must not be waited for.
    TakeAll(*segment, HandoffReason::kDeadline);
    if (Failed(*segment, due)) {
      request.relayed = true;
      s_.ctx.Do(FailRequest{request.id, 502});
    }
  }
}

void Handoff::ProtectTransfers() {
  for (const auto& [id, request] : desk_.requests()) {
    const Segment* segment = request.relayed ? nullptr : s_.table.Find(request.sequence);
    if (segment == nullptr || segment->complete() || segment->oversize) continue;
    std::uint64_t rest = 0;
    for (PieceIndex i = 0; i < segment->pieces.size(); ++i) {
      if (segment->pieces[i].fetch == 0) continue;
      rest += segment->PieceSize(i) - segment->pieces[i].progress;
    }
    if (rest == 0) continue;
    const TimePoint at_last =
        desk_.DeadlineOf(request) - s_.ctx.cdn.TransferTime(rest) - LostToUploads(rest);
    if (s_.ctx.now >= at_last) {
      s_.ctx.uploader.RestUntil(s_.ctx.now + kRest);
    } else {
      s_.WakeAt(at_last);
    }
  }
}

void Handoff::Look() {
  GiveUpStalled();
  ProtectTransfers();
  for (auto& [id, request] : desk_.requests()) {
    if (request.relayed) continue;
    TimePoint due = desk_.DeadlineOf(request);
    if (!request.released) due = std::min(due, request.asked + PlayerDesk::kHoldLimit);
    LookAt(request, due);
    if (!request.released) Answer(request, due);
  }
}

}  // namespace shoal::core
