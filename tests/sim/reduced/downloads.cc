#include "tests/sim/reduced/downloads.h"

#include <algorithm>
#include <tuple>

#include "client/core/puller.h"
#include "client/core/teller.h"
#include "client/core/uploader.h"
#include "tests/sim/world/cdn_model.h"

namespace shoal::sim::reduced {
namespace {

using core::Puller;

constexpr double kAssumedLinkRate = 100e3;  // as in client/core/puller.cc

Duration Between(Micros from, Micros to) {
  return Microseconds(static_cast<std::int64_t>(to) - static_cast<std::int64_t>(from));
}

// What a client takes for its upload as long as it knows only what others announce.
float AssumedRate(const core::SwarmView& view) {
  double sum = 0;
  int known = 0;
  for (const core::KnownMember& member : view.others) {
    if (member.upload_class == kUploadUnknown) continue;
    sum += UploadBytesPerSecond(member.upload_class);
    ++known;
  }
  const double least = core::Uploader::kCapMin;
  return static_cast<float>(sum > 0
                                ? std::clamp(sum / known, least, core::Uploader::kAssumedRateMax)
                                : core::Uploader::kAssumedRate);
}

}  // namespace

Downloads::Downloads(State& state, Teller& teller, Uplinks& uplinks)
    : s_(state),
      teller_(teller),
      uplinks_(uplinks),
      policy_(core::MakeAssignmentPolicy(state.scenario.client.assignment, state.scenario.seed)) {}

// ---- Seeding -----------------------------------------------------------------------------------

void Downloads::Enter(std::uint32_t index, unsigned first) {
  Viewer& viewer = s_.viewers[index];
  const Segment& segment = s_.segment_of(first);
  const Mask all = ((Mask{1} << segment.pieces) - 1) << first;
  viewer.entered |= all;
  viewer.missing |= all;
  const core::SwarmView view = s_.View(index);
  if (viewer.uploads) viewer.assumed = AssumedRate(view);
  for (unsigned i = 0; i < segment.pieces; ++i) {
    const auto delay = policy_->SeedDelay({segment.key, i, segment.pieces}, view, Duration{});
    if (!delay || *delay > kTurnMax) continue;
    s_.wheel.Add({.at = s_.now + ToMicros(*delay),
                  .viewer = index,
                  .mask = s_.now,
                  .kind = Kind::kTurn,
                  .piece = static_cast<std::uint8_t>(first + i)});
  }
  LookSoon(index);
}

bool Downloads::Suppressed(std::uint32_t viewer, unsigned piece) {
  const double radius = policy_->Radius(s_.View(viewer));
  const auto enough = static_cast<std::size_t>(std::max(1.0, radius));
  std::size_t holders = 0;
  for (unsigned link = 0; link < s_.viewers[viewer].links; ++link) {
    const LinkEnd& end = s_.end(viewer, link);
    if (!end.peer_uploads || (end.theirs & Bit(piece)) == 0) continue;
    if (++holders >= enough) return true;
  }
  return false;
}

void Downloads::OnTurn(const Event& event) {
  const Mask bit = Bit(event.piece);
  const Viewer& viewer = s_.viewers[event.viewer];
  // What can be pulled is not seeded.
  if (viewer.look_due) Look(event.viewer);
  if ((viewer.missing & ~viewer.sourced & bit) == 0) return;
  Event again = event;
  const Duration elapsed = Between(static_cast<Micros>(event.mask), s_.now);
  const Segment& segment = s_.segment_of(event.piece);
  const auto delay = policy_->SeedDelay({segment.key, event.piece % kPiecesMax, segment.pieces},
                                        s_.View(event.viewer), elapsed);
  if (!delay || *delay > kTurnMax) return;
  // What was said at first may be less than the truth; see AssignmentPolicy.
  if (*delay > elapsed) {
    again.at = static_cast<Micros>(event.mask) + ToMicros(*delay);
    return s_.wheel.Add(again);
  }
  if (Suppressed(event.viewer, event.piece)) return;
  const Micros heard = s_.piece(event.viewer, event.piece).heard;
  if (heard != 0) {
    again.at = heard + ToMicros(s_.random.Uniform(core::Teller::kHoldMin, core::Teller::kHoldMax));
    if (again.at > s_.now) return s_.wheel.Add(again);
  }
  ++s_.segment_of(event.piece).seeded;
  Fetch(event.viewer, event.piece);
}

// ---- The CDN -----------------------------------------------------------------------------------

void Downloads::Fetch(std::uint32_t index, unsigned number) {
  Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  if (piece.source != kNobody && piece.source != kCdn) {
    WindDown(index, number);
    Detach(index, number);
  }
  piece.source = kCdn;
  piece.asked = s_.now;
  viewer.sourced |= Bit(number);
  viewer.cdn.Started(number + 1, ToTime(s_.now));
  ++s_.fetches;
  Duration wait = s_.scenario.cdn.first_byte;
  if (s_.scenario.cdn.first_byte_jitter > Duration::zero()) {
    wait += Seconds(s_.random.Exponential(ToSeconds(s_.scenario.cdn.first_byte_jitter)));
  }
  const TimePoint sent = s_.network.up(index).Enqueue(ToTime(s_.now), CdnModel::kRequest);
  s_.wheel.Add({.at = ToMicros((sent + wait).time_since_epoch()),
                .viewer = index,
                .kind = Kind::kCdnHead,
                .piece = static_cast<std::uint8_t>(number)});
}

void Downloads::OnCdnHead(const Event& event) {
  s_.viewers[event.viewer].cdn.Responded(event.piece + 1, ToTime(s_.now));
  const Piece& piece = s_.piece(event.viewer, event.piece);
  const unsigned end = s_.Chunks(event.piece);
  for (unsigned chunk = piece.chunks, n = 0; chunk < end; chunk += n) {
    n = std::min(kChunksMax, end - chunk);
    const std::uint32_t bytes = s_.ChunkSize(event.piece, chunk, n);
    const TimePoint in = s_.network.down(event.viewer).Enqueue(ToTime(s_.now), bytes);
    s_.segment_of(event.piece).cdn_bytes += bytes;
    s_.wheel.Add({.at = ToMicros(in.time_since_epoch()),
                  .viewer = event.viewer,
                  .mask = n,
                  .kind = Kind::kCdnChunk,
                  .piece = event.piece,
                  .count = static_cast<std::uint8_t>(chunk)});
  }
}

void Downloads::OnCdnChunk(const Event& event) {
  Piece& piece = s_.piece(event.viewer, event.piece);
  core::CdnEstimate& cdn = s_.viewers[event.viewer].cdn;
  const core::FetchId fetch = event.piece + 1;
  const auto n = static_cast<unsigned>(event.mask);
  cdn.Received(fetch, s_.ChunkSize(event.piece, event.count, n), ToTime(s_.now));
  if (event.count + n == s_.Chunks(event.piece)) cdn.Finished(fetch, ToTime(s_.now));
  if (piece.source == kCdn && piece.chunks == event.count) Took(event.viewer, event.piece, n);
}

// ---- Pulls -------------------------------------------------------------------------------------

void Downloads::LookSoon(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  if (viewer.look_due) return;
  if (s_.now >= viewer.looked + kLookEvery) return Look(index);
  viewer.look_due = true;
  s_.wheel.Add({.at = viewer.looked + kLookEvery, .viewer = index, .kind = Kind::kLook});
}

void Downloads::LookAgain(std::uint32_t index, Micros at) {
  Viewer& viewer = s_.viewers[index];
  if (viewer.look_again > s_.now && viewer.look_again <= at) return;
  viewer.look_again = at;
  s_.wheel.Add({.at = at, .viewer = index, .mask = at, .kind = Kind::kLook});
}

void Downloads::OnLook(const Event& event) {
  if (event.mask != 0) return LookSoon(event.viewer);
  s_.viewers[event.viewer].look_due = false;
  Look(event.viewer);
}

void Downloads::Look(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  viewer.looked = s_.now;
  if (viewer.outstanding >= Puller::kPullsMax) return;
  Mask offered = 0;
  for (unsigned link = 0; link < viewer.links; ++link) {
    const LinkEnd& end = s_.end(index, link);
    if (end.peer_uploads) offered |= end.theirs;
  }
  Mask wanted = offered & viewer.missing & ~viewer.sourced;
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

void Downloads::Collect(std::uint32_t index, Mask wanted) {
  candidates_.clear();
  ForEach(wanted, [&](unsigned piece) {
    unsigned holders = 0;
    for (unsigned link = 0; link < s_.viewers[index].links; ++link) {
      holders += (s_.end(index, link).theirs >> piece) & 1;
    }
    candidates_.push_back({piece, holders, s_.random.Next()});
  });
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.holders, a.tie) < std::tie(b.holders, b.tie);
  });
}

double Downloads::RateOf(const LinkEnd& end) const {
  if (end.bytes_per_second > 0) return static_cast<double>(end.bytes_per_second);
  const UploadClass upload = s_.viewers[end.peer].upload_class;
  return upload == kUploadUnknown ? kAssumedLinkRate
                                  : std::max(1e3, UploadBytesPerSecond(upload) / 3);
}

unsigned Downloads::BestLink(std::uint32_t index, unsigned number) {
  const Viewer& viewer = s_.viewers[index];
  unsigned best = kNobody;
  double best_time = 0;
  Micros backoff_ends = UINT32_MAX;
  for (unsigned link = 0; link < viewer.links; ++link) {
    const LinkEnd& end = s_.end(index, link);
    const bool ahead = end.peer_uploads && (end.theirs & Bit(number)) != 0;
    if (!ahead || end.pulls >= Puller::kPullsPerLinkMax) continue;
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

void Downloads::Ask(std::uint32_t index, unsigned link, unsigned number) {
  Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  piece.source = static_cast<std::uint8_t>(link);
  piece.from = piece.chunks;
  piece.asked = piece.last_data = s_.now;
  piece.wound_down = false;
  ++piece.pull;
  ++viewer.outstanding;
  ++s_.end(index, link).pulls;
  viewer.sourced |= Bit(number);
  const auto number8 = static_cast<std::uint8_t>(number);
  s_.Message(index, link, kPullBytes,
             {.kind = Kind::kPull, .piece = number8, .pull = piece.pull, .count = piece.chunks});
  s_.wheel.Add({.at = s_.now + ToMicros(Puller::kQuietAfter) + kCheckEvery,
                .viewer = index,
                .kind = Kind::kTimeout,
                .piece = number8,
                .pull = piece.pull});
}

void Downloads::Detach(std::uint32_t index, unsigned number) {
  Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  if (piece.source != kNobody && piece.source != kCdn) {
    --viewer.outstanding;
    --s_.end(index, piece.source).pulls;
  }
  piece.source = kNobody;
  viewer.sourced &= ~Bit(number);
}

void Downloads::WindDown(std::uint32_t index, unsigned number) {
  Piece& piece = s_.piece(index, number);
  if (piece.source == kNobody || piece.source == kCdn || piece.wound_down) return;
  piece.wound_down = true;
  s_.Message(
      index, piece.source, kPullBytes,
      {.kind = Kind::kCancel, .piece = static_cast<std::uint8_t>(number), .pull = piece.pull});
}

void Downloads::Learn(std::uint32_t index, unsigned link, const Piece& piece) {
  LinkEnd& end = s_.end(index, link);
  const auto seconds = static_cast<float>(ToSeconds(Between(piece.asked, s_.now)));
  const float bytes = static_cast<float>((piece.chunks - piece.from) * kChunk);
  if (seconds <= 0 || bytes <= 0) return;
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
    const auto response = static_cast<float>(ToSeconds(Between(piece.asked, s_.now)));
    end.response_s += (response - end.response_s) / 4;
  }
  if (event.count + n == s_.Chunks(event.piece)) {
    Piece done = piece;
    done.chunks = static_cast<std::uint8_t>(event.count + n);
    Learn(event.viewer, event.link, done);
  }
  Took(event.viewer, event.piece, n);
}

// The next `n` chunks of a piece are held.
void Downloads::Took(std::uint32_t index, unsigned number, unsigned n) {
  Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  const bool first = piece.chunks == 0;
  piece.chunks = static_cast<std::uint8_t>(piece.chunks + n);
  piece.last_data = s_.now;
  viewer.have |= Bit(number);
  if (first) teller_.HasFirst(index, number);
  if (!viewer.jobs.empty()) uplinks_.Pump(index);
  if (piece.chunks < s_.Chunks(number)) return;
  Detach(index, number);
  viewer.missing &= ~Bit(number);
  const unsigned slot = number / kPiecesMax;
  if ((viewer.missing & SegmentMask(slot)) == 0) {
    viewer.late.SegmentDone(s_.segments[slot].pieces, viewer.late_pieces[slot], ToTime(s_.now));
    ++s_.segments[slot].completed;
  }
  if ((viewer.missing & ~viewer.sourced) != 0) Look(index);
}

void Downloads::OnReject(const Event& event) {
  const Piece& piece = s_.piece(event.viewer, event.piece);
  if (piece.source != event.link || piece.pull != event.pull) return;
  LinkEnd& end = s_.end(event.viewer, event.link);
  if (event.mask == 0) {
    end.theirs &= ~Bit(event.piece);
  } else {
    const Duration half = Microseconds(static_cast<std::int64_t>(event.mask / 2));
    end.backoff_until =
        s_.now + ToMicros(std::clamp(half, Puller::kBackoffMin, Puller::kBackoffMax));
  }
  Detach(event.viewer, event.piece);
  LookSoon(event.viewer);
}

// The peer gets no more of the piece itself, and has said so by now; as Puller::ShouldSwitch.
bool Downloads::Stuck(std::uint32_t index, unsigned number) {
  const Piece& piece = s_.piece(index, number);
  const std::uint32_t peer = s_.end(index, piece.source).peer;
  const Piece& theirs = s_.piece(peer, number);
  const Duration told = core::Teller::kStalledAfter + core::Teller::kTellAfterMax;
  if (s_.now <= piece.last_data + ToMicros(Puller::kQuietAfter)) return false;
  if (theirs.chunks >= s_.Chunks(number) || s_.now < theirs.last_data + ToMicros(told))
    return false;
  for (unsigned link = 0; link < s_.viewers[index].links; ++link) {
    const LinkEnd& end = s_.end(index, link);
    const bool ahead = end.peer_uploads && (end.theirs & Bit(number)) != 0;
    if (ahead && link != piece.source) return true;
  }
  return false;
}

void Downloads::OnTimeout(const Event& event) {
  const Piece& piece = s_.piece(event.viewer, event.piece);
  const bool pulled = piece.source != kNobody && piece.source != kCdn;
  if (!pulled || piece.pull != event.pull || piece.wound_down) return;
  const bool timed_out = s_.now >= piece.last_data + ToMicros(Puller::kTimeout);
  const bool stuck = !timed_out && Stuck(event.viewer, event.piece);
  if (!timed_out && !stuck) {
    Event again = event;
    again.at = s_.now + kCheckEvery;
    return s_.wheel.Add(again);
  }
  LinkEnd& end = s_.end(event.viewer, piece.source);
  // Of a peer that is stuck with one piece others may be had, but here it is left alone for a while.
  end.backoff_until = s_.now + ToMicros(timed_out ? Puller::kPenalty : Puller::kBackoffMin);
  WindDown(event.viewer, event.piece);
  Detach(event.viewer, event.piece);
  LookSoon(event.viewer);
}

Micros Downloads::ExpectedDone(std::uint32_t index, unsigned number) {
  const Piece& piece = s_.piece(index, number);
  if (piece.source == kNobody || piece.source == kCdn || piece.wound_down) return UINT32_MAX;
  if (s_.now > piece.last_data + ToMicros(Puller::kQuietAfter)) return UINT32_MAX;
  double rate = RateOf(s_.end(index, piece.source));
  if (piece.chunks > piece.from && s_.now > piece.asked) {
    rate = (piece.chunks - piece.from) * kChunk / ToSeconds(Between(piece.asked, s_.now));
  }
  const double seconds = s_.Missing(index, number) / std::max(rate, 1.0);
  return s_.now + static_cast<Micros>(1e6 * std::min(seconds, 60.0));
}

}  // namespace shoal::sim::reduced
