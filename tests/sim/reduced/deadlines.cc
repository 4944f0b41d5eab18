#include "tests/sim/reduced/deadlines.h"

#include <algorithm>
#include <cmath>

#include "client/core/handoff.h"
#include "client/core/playhead.h"
#include "client/core/puller.h"

namespace shoal::sim::reduced {
namespace {

using core::Handoff;
using core::Puller;

Micros Before(Micros deadline, Duration margin) {
  const Micros early = ToMicros(margin);
  return deadline > early ? deadline - early : 0;
}

}  // namespace

Micros Deadlines::Deadline(std::uint32_t viewer, const Segment& segment) const {
  const Duration ahead = 2 * s_.media.segment_duration() + startup_ - core::Playhead::kSafety;
  return segment.listed + s_.viewers[viewer].asks + ToMicros(ahead);
}

// What own uploads may cost a transfer; see Handoff::LostToUploads.
Duration Deadlines::Doubt(const Viewer& viewer, std::uint32_t bytes) const {
  const double rounds =
      std::min(Handoff::kRoundsMax, std::log2(1 + bytes / Handoff::kInitialWindow));
  return Seconds(Handoff::kInOwnUplink * rounds * ToSeconds(uplinks_.Delay(viewer)));
}

void Deadlines::Watch(std::uint32_t index, unsigned first) {
  const Viewer& viewer = s_.viewers[index];
  const Segment& segment = s_.segment_of(first);
  const auto bytes = static_cast<std::uint32_t>(segment.length);
  const Duration need = viewer.cdn.Need(bytes, Doubt(viewer, bytes), ToTime(s_.now));
  const Micros begin = Before(Deadline(index, segment), need);
  s_.wheel.Add({.at = std::max({begin, segment.listed + viewer.asks, s_.now}),
                .viewer = index,
                .kind = Kind::kHandoff,
                .piece = static_cast<std::uint8_t>(first)});
}

std::uint32_t Deadlines::Collect(std::uint32_t index, unsigned first) {
  waiting_.clear();
  std::uint32_t bytes = 0;
  const Mask mask = s_.viewers[index].missing & SegmentMask(first / kPiecesMax);
  ForEach(mask, [&](unsigned piece) {
    if (s_.piece(index, piece).source == kCdn) return;
    waiting_.push_back({piece, downloads_.ExpectedDone(index, piece)});
    bytes += s_.Missing(index, piece);
  });
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const Prospect& a, const Prospect& b) { return a.done > b.done; });
  return bytes;
}

void Deadlines::Take(std::uint32_t index, Mask pieces) {
  ForEach(pieces, [&](unsigned number) {
    Piece& piece = s_.piece(index, number);
    if (!piece.late) {
      ++s_.viewers[index].late_pieces[number / kPiecesMax];
      ++s_.segment_of(number).handed_off;
    }
    piece.late = true;
    downloads_.Stop(index, number);
  });
  if (pieces != 0) fetches_.Ask(index, pieces);
}

void Deadlines::OnHandoff(const Event& event) {
  const Viewer& viewer = s_.viewers[event.viewer];
  const Micros deadline = Deadline(event.viewer, s_.segment_of(event.piece));
  const std::uint32_t all = Collect(event.viewer, event.piece);
  if (waiting_.empty()) return;
  const TimePoint now = ToTime(s_.now);
  const Micros all_at = Before(deadline, viewer.cdn.LastSafe(all, Doubt(viewer, all), now));
  if (s_.now >= all_at) {
    Mask pieces = 0;
    for (const Prospect& prospect : waiting_) pieces |= Bit(prospect.piece);
    Take(event.viewer, pieces);
    return Again(event, s_.now + kReviewEvery);
  }
  const Micros in_time =
      Before(deadline, viewer.cdn.LastSafe(core::kPieceSize, Doubt(viewer, core::kPieceSize), now));
  std::uint32_t unlikely_bytes = 0;
  std::size_t unlikely = 0;
  for (const Prospect& prospect : waiting_) {
    if (s_.now + ToMicros(Puller::kWindDown) >= all_at && prospect.done > all_at) {
      downloads_.WindDown(event.viewer, prospect.piece);
    }
    if (prospect.done <= in_time) continue;
    unlikely_bytes += s_.Missing(event.viewer, prospect.piece);
    ++unlikely;
  }
  if (unlikely > 0) {
    const Duration need = viewer.cdn.Need(unlikely_bytes, Doubt(viewer, unlikely_bytes), now);
    if (s_.now >= Before(deadline, need)) TakeWorst(event.viewer, event.piece, unlikely);
  }
  Again(event, std::min(s_.now + kReviewEvery, std::max(all_at, s_.now + 1000)));
}

void Deadlines::Again(Event event, Micros at) {
  event.at = at;
  s_.wheel.Add(event);
}

// Those that nobody sends go to the CDN at once, three at a time; of the others the senders are told
// to stop, and they go when nothing more can come.
void Deadlines::TakeWorst(std::uint32_t index, unsigned first, std::size_t unlikely) {
  std::size_t busy = 0;
  ForEach(s_.viewers[index].missing & SegmentMask(first / kPiecesMax), [&](unsigned number) {
    const Piece& piece = s_.piece(index, number);
    busy += piece.source == kCdn && piece.late ? 1 : 0;
  });
  if (busy >= Handoff::kAtOnce) return;
  const std::size_t most = std::min(Handoff::kAtOnce - busy, unlikely);
  Mask silent = 0;
  for (std::size_t i = 0; i < most; ++i) {
    const unsigned number = waiting_[i].piece;
    const Piece& piece = s_.piece(index, number);
    if (!piece.pulled() ||
        (piece.wound_down != 0 && s_.now >= piece.wound_down + ToMicros(Puller::kWindDown))) {
      silent |= Bit(number);
    } else {
      downloads_.WindDown(index, number);
    }
  }
  Take(index, silent);
}

}  // namespace shoal::sim::reduced
