#include "client/core/puller.h"

#include <algorithm>
#include <utility>

namespace shoal::core {
namespace {

// What a link is expected to bring before it has been measured.
constexpr double kAssumedLinkRate = 100e3;

}  // namespace

double Puller::RateOf(const Link& link) const {
  if (link.bytes_per_second > 0) return link.bytes_per_second;
  const UploadClass upload = link.peer.upload_class;
  // A peer serves several at once; a third of its upload is a fair first guess.
  return upload == kUploadUnknown ? kAssumedLinkRate
                                  : std::max(1e3, UploadBytesPerSecond(upload) / 3);
}

bool Puller::Ahead(const PeerView::Held& held, const Segment& segment, PieceIndex piece) {
  return BytesAtLeast(held.StateOf(piece), segment.PieceSize(piece)) >
         segment.pieces[piece].progress;
}

void Puller::Shun(Link& link) {
  ++link.empty_pulls;
  link.shunned_until =
      s_.ctx.now + std::min(kPenalty * (1 << std::min(link.empty_pulls, 6u)), kShunMax);
  s_.shunned_until = std::max(s_.shunned_until, link.shunned_until);
}

bool Puller::ShouldSwitch(const Segment& segment, const OpenPull& pull) const {
  // What still flows, or is about to, is not thrown away for the peer's own trouble.
  if (s_.ctx.now - pull.last_data <= kQuietAfter) return false;
  const PieceIndex piece = pull.piece;
  const PeerView::Held* held = pull.link->view.Find(segment.key);
  if (held != nullptr && held->StateOf(piece) != PieceState::kStalled) return false;
  const std::vector<Holders::Peer>& peers = s_.HoldersOf(segment).peers();
  return std::any_of(peers.begin(), peers.end(), [&](const Holders::Peer& peer) {
    return peer.link != pull.link && Ahead(*peer.held, segment, piece);
  });
}

void Puller::GiveUpSlowOnes() {
  for (std::size_t i = 0; i < pulls_.size();) {
    const OpenPull& pull = pulls_[i];
    Link& link = *pull.link;
    const Segment* segment = s_.table.Find(pull.sequence);
    bool of_use = segment != nullptr && pull.piece < segment->pieces.size() &&
                  !segment->PieceComplete(pull.piece);
    // There is nothing to wind down for if the CDN does not take over.
    if (of_use && pull.wound_down && segment->cdn_failures > 0) of_use = false;
    const TimePoint timeout =
        pull.wound_down ? *pull.wound_down + kWindDown : pull.last_data + kTimeout;
    if (of_use && !pull.wound_down && s_.ctx.now >= timeout) {
      ++s_.figures.pulls_timed_out;
      link.backoff_until = s_.ctx.now + kPenalty;
      if (pull.next == pull.from) Shun(link);
    }
    if (!of_use || s_.ctx.now >= timeout || ShouldSwitch(*segment, pull)) {
      Abandon(pull);
      continue;
    }
    s_.WakeAt(timeout);
    ++i;
  }
}

std::size_t Puller::HoldersAhead(const Holders& known, const Segment& segment, PieceIndex piece) {
  // Of a piece that nothing is held of, whoever has a byte is ahead.
  if (segment.pieces[piece].progress == 0) return known.all(piece);
  std::size_t ahead = 0;
  known.ForEachHolder(piece, [&](std::size_t place) {
    if (Ahead(*known.HeldBy(place), segment, piece)) ++ahead;
  });
  return ahead;
}

void Puller::Collect(Segment& segment) {
  candidates_.clear();
  const Holders& known = s_.HoldersOf(segment);
  if (known.peers().empty()) return;
  for (PieceIndex i = 0; i < segment.pieces.size(); ++i) {
    const Piece& piece = segment.pieces[i];
    if (segment.PieceComplete(i) || piece.link != 0) continue;
    if (piece.fetch != 0) {
      // A raced start is met from its end: there the CDN's transfer comes last.
      const Fetches::Fetch* fetch = fetches_.Find(piece.fetch);
      const bool raced = segment.started_race && fetch != nullptr &&
                         segment.PieceOffset(i) >= fetch->next + 2 * kPieceSize;
      if (!raced) continue;
    }
    const std::size_t holders = HoldersAhead(known, segment, i);
    if (holders == 0) continue;
    const std::uint64_t tie =
        segment.started_race ? segment.pieces.size() - i : s_.ctx.random.Next();
    candidates_.push_back({&segment, i, holders, tie});
  }
  const auto rarer = [](const Candidate& a, const Candidate& b) {
    return std::pair(a.holders, a.tie) < std::pair(b.holders, b.tie);
  };
  std::sort(candidates_.begin(), candidates_.end(), rarer);
}

Link* Puller::BestLink(const Candidate& candidate) {
  const Segment& segment = *candidate.segment;
  const Holders& known = s_.HoldersOf(segment);
  const std::uint32_t missing =
      segment.PieceSize(candidate.piece) - segment.pieces[candidate.piece].progress;
  Link* best = nullptr;
  double best_time = 0;
  known.ForEachHolder(candidate.piece, [&](std::size_t place) {
    Link& link = s_.links.ValueAt(place);
    if (!link.can_upload() || link.pulls >= kPullsPerLinkMax) return;
    if (!Ahead(*known.HeldBy(place), segment, candidate.piece)) return;
    if (!link.serves(s_.ctx.now)) return s_.WakeAt(link.shunned_until);
    if (s_.ctx.now < link.backoff_until) return s_.WakeAt(link.backoff_until);
    const double bytes = missing + pulls_.BytesAhead(link);
    const double time = bytes / RateOf(link) + ToSeconds(link.response);
    if (best == nullptr || time < best_time) {
      best = &link;
      best_time = time;
    }
  });
  return best;
}

void Puller::Ask(Link& link, const Candidate& candidate) {
  Segment& segment = *candidate.segment;
  Piece& piece = segment.pieces[candidate.piece];
  const PullId id = ++link.last_pull;
  piece.link = link.id;
  piece.pull = id;
  piece.asked = s_.ctx.now;
  pulls_.Add({.link = &link,
              .pull = id,
              .piece = candidate.piece,
              .sequence = segment.sequence,
              .next = piece.progress,
              .from = piece.progress,
              .asked = s_.ctx.now,
              .last_data = s_.ctx.now,
              .wound_down = {}});
  ++s_.figures.pulls;
  link.last_sent = s_.ctx.now;
  s_.ctx.Do(SendMessage{link.id, Pull{id, segment.key, candidate.piece, piece.progress}});
}

void Puller::Look() {
  GiveUpSlowOnes();
  std::size_t room = kPullsMax - std::min(kPullsMax, pulls_.size());
  for (Segment* segment : s_.in_window) {
    if (room == 0) return;
    if (!segment->shareable || !segment->length_known() || segment->complete() ||
        s_.OnlyFromCdn(*segment)) {
      continue;
    }
    Collect(*segment);
    for (const Candidate& candidate : candidates_) {
      if (room == 0) return;
      Link* link = BestLink(candidate);
      if (link == nullptr) continue;
      Ask(*link, candidate);
      --room;
    }
  }
}

void Puller::Detach(const OpenPull& pull) {
  Segment* segment = s_.table.Find(pull.sequence);
  if (segment == nullptr || pull.piece >= segment->pieces.size()) return;
  Piece& piece = segment->pieces[pull.piece];
  if (piece.link != pull.link->id || piece.pull != pull.pull) return;
  piece.link = 0;
  piece.pull = 0;
}

void Puller::Finish(const OpenPull& pull) {
  Link& link = *pull.link;
  const double seconds = ToSeconds(s_.ctx.now - pull.asked);
  const std::uint32_t bytes = pull.next - pull.from;
  if (seconds > 0 && bytes >= kDataPayloadMax) {
    const double rate = bytes / seconds;
    link.bytes_per_second = link.bytes_per_second == 0
                                ? rate
                                : link.bytes_per_second + (rate - link.bytes_per_second) / 4;
  }
  Detach(pull);
  pulls_.Remove(pull);
}

bool Puller::OnData(Link& link, const Data& data) {
  link.last_sent = s_.ctx.now;
  const auto now_ms = s_.ctx.now.time_since_epoch() / Milliseconds(1);
  s_.ctx.Do(SendMessage{link.id, Ack{data.size, static_cast<std::uint16_t>(now_ms)}});
  OpenPull* pull = pulls_.Find(link.id, data.pull);
  if (pull == nullptr) {
    // What was on its way when the pull was cancelled is no offence; a pull never asked for is.
    s_.figures.bytes_wasted += data.size;
    s_.figures.bytes_from_peers += data.size;
    return data.pull != 0 && data.pull <= link.last_pull;
  }
  Segment* segment = s_.table.Find(pull->sequence);
  if (segment == nullptr || pull->piece >= segment->pieces.size()) return false;
  const std::uint32_t size = segment->PieceSize(pull->piece);
  if (data.offset != pull->next || data.size == 0 || data.size > size - data.offset) return false;
  if (pull->next == pull->from) {
    link.response += (s_.ctx.now - pull->asked - link.response) / 4;
  }
  pull->next += data.size;
  pull->last_data = s_.ctx.now;
  link.empty_pulls = 0;
  link.shunned_until = TimePoint{};
  s_.figures.bytes_from_peers += data.size;
  const bool was_complete = segment->PieceComplete(pull->piece);
  segment->pieces[pull->piece].from_peers +=
      intake_.Take(*segment, pull->piece, {.offset = data.offset, .skip = 0, .size = data.size});
  if (!was_complete && segment->PieceComplete(pull->piece)) ++s_.figures.pieces_from_peers;
  if (pull->next == size || segment->PieceComplete(pull->piece)) {
    if (pull->next < size && !pull->wound_down) {
      s_.ctx.Do(SendMessage{link.id, core::Cancel{pull->pull}});
    }
    Finish(*pull);
  }
  return true;
}

bool Puller::OnReject(Link& link, const Reject& reject) {
  const OpenPull* pull = pulls_.Find(link.id, reject.pull);
  if (pull == nullptr) return reject.pull != 0 && reject.pull <= link.last_pull;
  ++s_.figures.rejects_received;
  if (reject.reason == RejectReason::kNotHeld) {
    Segment* segment = s_.table.Find(pull->sequence);
    if (segment != nullptr) {
      link.view.Forget(segment->key, pull->piece);
      segment->holders.Clear();
    }
  } else {
    const Duration half = Milliseconds(reject.retry_after_ms) / 2;
    link.backoff_until = s_.ctx.now + std::clamp(half, kBackoffMin, kBackoffMax);
  }
  Detach(*pull);
  pulls_.Remove(*pull);
  return true;
}

void Puller::Abandon(const OpenPull& pull) {
  Detach(pull);
  if (!pull.wound_down) {
    pull.link->last_sent = s_.ctx.now;
    s_.ctx.Do(SendMessage{pull.link->id, core::Cancel{pull.pull}});
  }
  pulls_.Remove(pull);
}

const OpenPull* Puller::PullOf(const Segment& segment, PieceIndex index) const {
  const Piece& piece = segment.pieces[index];
  return piece.link == 0 ? nullptr : pulls_.Find(piece.link, piece.pull);
}

void Puller::WindDown(Segment& segment, PieceIndex index) {
  const Piece& piece = segment.pieces[index];
  OpenPull* pull = piece.link == 0 ? nullptr : pulls_.Find(piece.link, piece.pull);
  if (pull == nullptr || pull->wound_down) return;
  pull->wound_down = s_.ctx.now;
  pull->link->last_sent = s_.ctx.now;
  s_.ctx.Do(SendMessage{pull->link->id, core::Cancel{pull->pull}});
}

bool Puller::Silent(const Segment& segment, PieceIndex index) const {
  const OpenPull* pull = PullOf(segment, index);
  return pull == nullptr || (pull->wound_down && s_.ctx.now >= *pull->wound_down + kWindDown);
}

void Puller::Cancel(Segment& segment, PieceIndex index) {
  const OpenPull* pull = PullOf(segment, index);
  if (pull != nullptr) Abandon(*pull);
}

void Puller::CancelSegment(Segment& segment) {
  for (PieceIndex i = 0; i < segment.pieces.size(); ++i) Cancel(segment, i);
}

void Puller::CancelAll() {
  for (auto& [sequence, segment] : s_.table.segments()) CancelSegment(segment);
}

void Puller::Forget(Link& link) {
  for (const OpenPull& pull : pulls_) {
    if (pull.link == &link) Detach(pull);
  }
  pulls_.RemoveAll(link);
}

bool Puller::Obtainable(const Segment& segment, PieceIndex index) const {
  const std::vector<Holders::Peer>& peers = s_.HoldersOf(segment).peers();
  return std::any_of(peers.begin(), peers.end(), [&](const Holders::Peer& peer) {
    return peer.link->serves(s_.ctx.now) && Holders::Holds(peer.held->StateOf(index));
  });
}

TimePoint Puller::ExpectedDone(const Segment& segment, PieceIndex index) const {
  const OpenPull* pull = PullOf(segment, index);
  if (pull == nullptr || pull->wound_down) return TimePoint::max();
  if (s_.ctx.now - pull->last_data > kQuietAfter) return TimePoint::max();
  double rate = RateOf(*pull->link);
  if (pull->next > pull->from && s_.ctx.now > pull->asked) {
    rate = (pull->next - pull->from) / ToSeconds(s_.ctx.now - pull->asked);
  }
  const double left = segment.PieceSize(index) - segment.pieces[index].progress;
  return s_.ctx.now + Seconds(std::min(left / std::max(rate, 1.0), 1e6));
}

}  // namespace shoal::core
