#include "tests/sim/reduced/downloads.h"

#include <algorithm>
#include <tuple>

#include "client/core/puller.h"
#include "client/core/teller.h"

namespace shoal::sim::reduced {
namespace {

using core::Puller;

constexpr double kAssumedLinkRate = 100e3;  // as in client/core/puller.cc

double SecondsBetween(Micros from, Micros to) { return (to - from) * 1e-6; }

}  // namespace

// ---- Looking -----------------------------------------------------------------------------------

void Downloads::LookSoon(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  if (viewer.look_due) return;
  viewer.look_due = true;
  s_.wheel.Add(
      {.at = std::max(s_.now, viewer.looked + kLookEvery), .viewer = index, .kind = Kind::kLook});
}

void Downloads::LookAgain(std::uint32_t index, Micros at) {
  Viewer& viewer = s_.viewers[index];
  if (viewer.look_again > s_.now && viewer.look_again <= at) return;
  viewer.look_again = at;
  s_.wheel.Add({.at = at, .viewer = index, .mask = at, .kind = Kind::kLook});
}

bool Downloads::Due(const Event& look) {
  Viewer& viewer = s_.viewers[look.viewer];
  if (look.mask == 0) {
    viewer.look_due = false;
    return true;
  }
  LookSoon(look.viewer);
  return false;
}

void Downloads::Look(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  viewer.looked = s_.now;
  Mask wanted = viewer.offered & viewer.missing & ~viewer.sourced;
  while (wanted != 0 && viewer.outstanding < Puller::kPullsMax) {
    unsigned slot = kSegments;
    for (unsigned i = 0; i < kSegments; ++i) {
      if ((wanted & SegmentMask(i)) == 0) continue;
      if (slot == kSegments || s_.segments[i].sequence < s_.segments[slot].sequence) slot = i;
    }
    Collect(index, wanted & SegmentMask(slot));
    wanted &= ~SegmentMask(slot);
    for (const Candidate& candidate : candidates_) {
      if (viewer.outstanding >= Puller::kPullsMax) return;
      const unsigned link = BestLink(index, candidate.piece);
      if (link != kNobody) Ask(index, link, candidate.piece);
    }
  }
}

unsigned Downloads::HoldersAhead(std::uint32_t index, unsigned number) {
  const Viewer& viewer = s_.viewers[index];
  const unsigned chunks = s_.piece(index, number).chunks;
  if (chunks == 0) return viewer.holders[number];
  unsigned ahead = 0;
  for (unsigned link = 0; link < viewer.links; ++link) {
    ahead += s_.end(index, link).Ahead(number, chunks, s_.Chunks(number)) ? 1 : 0;
  }
  return ahead;
}

void Downloads::Collect(std::uint32_t index, Mask wanted) {
  candidates_.clear();
  ForEach(wanted, [&](unsigned piece) {
    const unsigned holders = HoldersAhead(index, piece);
    if (holders > 0) candidates_.push_back({piece, holders, s_.random.Next()});
  });
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.holders, a.tie) < std::tie(b.holders, b.tie);
  });
}

double Downloads::RateOf(const LinkEnd& end) const {
  if (end.bytes_per_second > 0) return static_cast<double>(end.bytes_per_second);
  const UploadClass upload = s_.upload_classes[end.peer];
  return upload == kUploadUnknown ? kAssumedLinkRate
                                  : std::max(1e3, UploadBytesPerSecond(upload) / 3);
}

unsigned Downloads::BestLink(std::uint32_t index, unsigned number) {
  const Viewer& viewer = s_.viewers[index];
  const unsigned chunks = s_.piece(index, number).chunks;
  const unsigned total = s_.Chunks(number);
  unsigned best = kNobody;
  double best_time = 0;
  Micros backoff_ends = UINT32_MAX;
  for (unsigned link = 0; link < viewer.links; ++link) {
    const LinkEnd& end = s_.end(index, link);
    if (!end.peer_uploads || end.pulls >= Puller::kPullsPerLinkMax) continue;
    if (!end.Ahead(number, chunks, total)) continue;
    if (s_.now < end.backoff_until) {
      backoff_ends = std::min(backoff_ends, end.backoff_until);
      continue;
    }
    double bytes = s_.Missing(index, number);
    if (end.pulls > 0) {
      ForEach(viewer.sourced, [&](unsigned other) {
        if (s_.piece(index, other).source == link) bytes += s_.Missing(index, other);
      });
    }
    const double time = bytes / RateOf(end) + static_cast<double>(end.response_s);
    if (best != kNobody && time >= best_time) continue;
    best = link;
    best_time = time;
  }
  if (best == kNobody && backoff_ends != UINT32_MAX) LookAgain(index, backoff_ends);
  return best;
}

// ---- Pulls -------------------------------------------------------------------------------------

void Downloads::Ask(std::uint32_t index, unsigned link, unsigned number) {
  Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  piece.source = static_cast<std::uint8_t>(link);
  piece.from = piece.chunks;
  piece.asked = piece.last_data = s_.now;
  piece.wound_down = piece.check_at = 0;
  ++piece.pull;
  ++viewer.outstanding;
  ++s_.end(index, link).pulls;
  viewer.sourced |= Bit(number);
  const auto number8 = static_cast<std::uint8_t>(number);
  s_.Message(index, link, kPullBytes,
             {.kind = Kind::kPull, .piece = number8, .pull = piece.pull, .count = piece.chunks});
  Watch(index, number);
}

void Downloads::CheckAt(std::uint32_t index, unsigned number, Micros at) {
  Piece& piece = s_.piece(index, number);
  at = std::max(at, s_.now + 1);
  if (piece.check_at > s_.now && piece.check_at <= at) return;  // that one sees to the rest
  piece.check_at = at;
  s_.wheel.Add({.at = at,
                .viewer = index,
                .kind = Kind::kCheck,
                .piece = static_cast<std::uint8_t>(number),
                .pull = piece.pull});
}

void Downloads::Watch(std::uint32_t index, unsigned number) {
  CheckAt(index, number, s_.now + ToMicros(core::Teller::kStalledAfter) + kLookEvery);
}

void Downloads::CheckSoon(std::uint32_t viewer, Mask pieces) {
  ForEach(pieces & s_.viewers[viewer].sourced, [&](unsigned piece) {
    const Micros quiet = s_.piece(viewer, piece).last_data + ToMicros(Puller::kQuietAfter);
    if (s_.piece(viewer, piece).pulled()) CheckAt(viewer, piece, std::max(quiet, s_.now) + 1000);
  });
}

void Downloads::Detach(std::uint32_t index, unsigned number) {
  Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  if (piece.pulled()) {
    --viewer.outstanding;
    --s_.end(index, piece.source).pulls;
  }
  piece.source = kNobody;
  piece.wound_down = 0;
  viewer.sourced &= ~Bit(number);
}

void Downloads::WindDown(std::uint32_t index, unsigned number) {
  Piece& piece = s_.piece(index, number);
  if (!piece.pulled() || piece.wound_down != 0) return;
  piece.wound_down = s_.now;
  s_.Message(
      index, piece.source, kPullBytes,
      {.kind = Kind::kCancel, .piece = static_cast<std::uint8_t>(number), .pull = piece.pull});
  CheckAt(index, number, s_.now + ToMicros(Puller::kWindDown));
}

void Downloads::Stop(std::uint32_t index, unsigned number) {
  if (!s_.piece(index, number).pulled()) return;
  WindDown(index, number);
  Detach(index, number);
}

void Downloads::Learn(std::uint32_t index, unsigned link, unsigned number, unsigned chunks) {
  LinkEnd& end = s_.end(index, link);
  const Piece& piece = s_.piece(index, number);
  const auto seconds = static_cast<float>(SecondsBetween(piece.asked, s_.now));
  const auto bytes = static_cast<float>((chunks - piece.from) * kChunk);
  if (seconds <= 0 || bytes < static_cast<float>(core::kDataPayloadMax)) return;
  const float rate = bytes / seconds;
  end.bytes_per_second =
      end.bytes_per_second == 0 ? rate : end.bytes_per_second + (rate - end.bytes_per_second) / 4;
}

void Downloads::OnChunk(const Event& event) {
  const auto n = static_cast<unsigned>(event.mask);
  const std::uint32_t size = s_.ChunkSize(event.piece, event.count, n);
  s_.Message(event.viewer, event.link, kAckBytes, {.mask = size, .kind = Kind::kAck});
  Piece& piece = s_.piece(event.viewer, event.piece);
  const bool expected = piece.source == event.link && piece.pull == event.pull;
  if (!expected || piece.chunks != event.count) return;  // received in vain
  if (piece.chunks == piece.from) {
    LinkEnd& end = s_.end(event.viewer, event.link);
    const auto response = static_cast<float>(SecondsBetween(piece.asked, s_.now));
    end.response_s += (response - end.response_s) / 4;
  }
  const unsigned chunks = event.count + n;
  if (chunks == s_.Chunks(event.piece)) Learn(event.viewer, event.link, event.piece, chunks);
  Took(event.viewer, event.piece, chunks);
}

void Downloads::Took(std::uint32_t index, unsigned number, unsigned chunks) {
  Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  const PieceState before = s_.StateOf(index, number);
  piece.chunks = static_cast<std::uint8_t>(chunks);
  piece.last_data = s_.now;
  piece.told_stalled = false;
  viewer.have |= Bit(number);
  teller_.Took(index, number, before);
  uplinks_.Holds(index, number, chunks);
  if (chunks == s_.Chunks(number)) Completed(index, number);
}

void Downloads::Completed(std::uint32_t index, unsigned number) {
  Viewer& viewer = s_.viewers[index];
  Detach(index, number);
  viewer.missing &= ~Bit(number);
  const unsigned slot = number / kPiecesMax;
  if (s_.segments[slot].measured) {
    const std::size_t step =
        (s_.now - std::min(s_.segments[slot].listed, s_.now)) / State::kDelayStep;
    ++s_.delays[std::min(step, s_.delays.size() - 1)];
  }
  if ((viewer.missing & SegmentMask(slot)) == 0) {
    const double late_before = viewer.late.value();
    viewer.late.SegmentDone(s_.segments[slot].pieces, viewer.late_pieces[slot], ToTime(s_.now));
    viewer.turns_outdated = viewer.turns_outdated || viewer.late.value() > late_before;
    ++s_.segments[slot].completed;
  }
  if ((viewer.missing & ~viewer.sourced & viewer.offered) != 0) Look(index);
  if (viewer.turns_outdated) LookSoon(index);
}

void Downloads::OnReject(const Event& event) {
  const Piece& piece = s_.piece(event.viewer, event.piece);
  if (piece.source != event.link || piece.pull != event.pull) return;
  LinkEnd& end = s_.end(event.viewer, event.link);
  if (event.mask == 0) {
    teller_.Forget(event.viewer, event.link, event.piece);
  } else {
    const Duration half = Microseconds(static_cast<std::int64_t>(event.mask / 2));
    end.backoff_until =
        s_.now + ToMicros(std::clamp(half, Puller::kBackoffMin, Puller::kBackoffMax));
  }
  Detach(event.viewer, event.piece);
  LookSoon(event.viewer);
}

// The peer has said that it gets no more of the piece, and another is ahead; as
// Puller::ShouldSwitch.
bool Downloads::Stuck(std::uint32_t index, unsigned number) {
  const Piece& piece = s_.piece(index, number);
  if (s_.now <= piece.last_data + ToMicros(Puller::kQuietAfter)) return false;
  if ((s_.end(index, piece.source).has & Bit(number)) != 0) return false;
  for (unsigned link = 0; link < s_.viewers[index].links; ++link) {
    if (link == piece.source) continue;
    if (s_.end(index, link).Ahead(number, piece.chunks, s_.Chunks(number))) return true;
  }
  return false;
}

void Downloads::OnCheck(const Event& event) {
  const std::uint32_t index = event.viewer;
  const unsigned number = event.piece;
  Piece& piece = s_.piece(index, number);
  if (piece.pull != event.pull || piece.check_at != event.at) return;
  piece.check_at = 0;
  if ((s_.viewers[index].missing & Bit(number)) == 0) return;
  const Micros stalled_at =
      std::max(piece.last_data, piece.asked) + ToMicros(core::Teller::kStalledAfter);
  if ((piece.chunks > 0 || piece.told_seeding) && !piece.told_stalled && s_.now >= stalled_at) {
    piece.told_stalled = true;
    teller_.PieceChanged(index, number, PieceState::kReceiving);
  }
  const Micros timeout = piece.wound_down != 0 ? piece.wound_down + ToMicros(Puller::kWindDown)
                                               : piece.last_data + ToMicros(Puller::kTimeout);
  if (piece.pulled() && (s_.now >= timeout || Stuck(index, number))) {
    LinkEnd& end = s_.end(index, piece.source);
    if (s_.now >= timeout && piece.wound_down == 0) {
      end.backoff_until = s_.now + ToMicros(Puller::kPenalty);
    }
    Stop(index, number);
    LookSoon(index);
  }
  if (piece.source == kNobody && piece.told_stalled) return;  // there is nothing left to see
  const Micros quiet = piece.last_data + ToMicros(Puller::kQuietAfter) + 1000;
  Micros next = stalled_at > s_.now ? stalled_at : s_.now + kCheckEvery;
  if (piece.pulled()) next = std::min({next, timeout, quiet > s_.now ? quiet : next});
  CheckAt(index, number, next);
}

Micros Downloads::ExpectedDone(std::uint32_t index, unsigned number) {
  const Piece& piece = s_.piece(index, number);
  if (!piece.pulled() || piece.wound_down != 0) return UINT32_MAX;
  if (s_.now > piece.last_data + ToMicros(Puller::kQuietAfter)) return UINT32_MAX;
  double rate = RateOf(s_.end(index, piece.source));
  if (piece.chunks > piece.from && s_.now > piece.asked) {
    rate = (piece.chunks - piece.from) * kChunk / SecondsBetween(piece.asked, s_.now);
  }
  const double seconds = s_.Missing(index, number) / std::max(rate, 1.0);
  return s_.now + static_cast<Micros>(1e6 * std::min(seconds, 60.0));
}

}  // namespace shoal::sim::reduced
