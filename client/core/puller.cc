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

bool Puller::ShouldSwitch(const Link& link, const Segment& segment,
                          const OutstandingPull& pull) const {
  // What still flows, or is about to, is not thrown away for the peer's own trouble.
  if (s_.ctx.now - pull.last_data <= kQuietAfter) return false;
  const PieceIndex piece = pull.piece;
  const PeerView::Held* held = link.view.Find(segment.key);
  if (held != nullptr && held->StateOf(piece) != PieceState::kStalled) return false;
  const std::vector<Holders::Peer>& peers = s_.HoldersOf(segment).peers();
  return std::any_of(peers.begin(), peers.end(), [&](const Holders::Peer& peer) {
    return peer.link != &link && Ahead(*peer.held, segment, piece);
  });
}

void Puller::GiveUpSlowOnes() {
  std::size_t left = outstanding_;
  for (auto& [id, link] : s_.links) {
    if (left == 0) return;
    left -= link.pulls.size();
    for (std::size_t i = 0; i < link.pulls.size();) {
      const OutstandingPull pull = link.pulls[i];
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
      if (!of_use || s_.ctx.now >= timeout || ShouldSwitch(link, *segment, pull)) {
        Abandon(link, pull);
        continue;
      }
      s_.WakeAt(timeout);
      ++i;
    }
  }
}

std::size_t Puller::HoldersAhead(const Holders& known, const Segment& segment, PieceIndex piece) {
  // Of a piece that nothing is held of, whoever has a byte is ahead.
  if (segment.pieces[piece].progress == 0) return known.all(piece);
  return static_cast<std::size_t>(
      std::count_if(known.peers().begin(), known.peers().end(),
                    [&](const Holders::Peer& peer) { return Ahead(*peer.held, segment, piece); }));
}

void Puller::Collect(Segment& segment, std::vector<Candidate>& out) {
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
    out.push_back({&segment, i, holders, tie});
  }
  const auto rarer = [](const Candidate& a, const Candidate& b) {
    return std::pair(a.holders, a.tie) < std::pair(b.holders, b.tie);
  };
  std::sort(out.begin(), out.end(), rarer);
}

Link* Puller::BestLink(const Candidate& candidate) {
  Link* best = nullptr;
  double best_time = 0;
  for (const Holders::Peer& peer : s_.HoldersOf(*candidate.segment).peers()) {
    Link& link = *peer.link;
    if (!link.can_upload() || link.pulls.size() >= kPullsPerLinkMax) continue;
    if (!Ahead(*peer.held, *candidate.segment, candidate.piece)) continue;
    if (!link.serves(s_.ctx.now)) {
      s_.WakeAt(link.shunned_until);
      continue;
    }
    if (s_.ctx.now < link.backoff_until) {
      s_.WakeAt(link.backoff_until);
      continue;
    }
    double bytes = candidate.segment->PieceSize(candidate.piece) -
                   candidate.segment->pieces[candidate.piece].progress;
    for (const OutstandingPull& pull : link.pulls) bytes += kPieceSize - pull.next;
    const double time = bytes / RateOf(link) + ToSeconds(link.response);
    if (best == nullptr || time < best_time) {
      best = &link;
      best_time = time;
    }
  }
  return best;
}

void Puller::Ask(Link& link, const Candidate& candidate) {
  Segment& segment = *candidate.segment;
  Piece& piece = segment.pieces[candidate.piece];
  const PullId id = ++link.last_pull;
  piece.link = link.id;
  piece.pull = id;
  piece.asked = s_.ctx.now;
  link.pulls.push_back({.pull = id,
                        .sequence = segment.sequence,
                        .piece = candidate.piece,
                        .next = piece.progress,
                        .from = piece.progress,
                        .asked = s_.ctx.now,
                        .last_data = s_.ctx.now});
  ++outstanding_;
  ++s_.figures.pulls;
  link.last_sent = s_.ctx.now;
  s_.ctx.Do(SendMessage{link.id, Pull{id, segment.key, candidate.piece, piece.progress}});
}

void Puller::Look() {
  GiveUpSlowOnes();
  std::size_t room = kPullsMax - std::min(kPullsMax, outstanding_);
  std::vector<Candidate> candidates;
  for (std::uint64_t sequence : s_.window) {
    if (room == 0) return;
    Segment* segment = s_.table.Find(sequence);
    if (segment == nullptr || !segment->shareable || !segment->length_known() ||
        segment->complete() || s_.OnlyFromCdn(*segment)) {
      continue;
    }
    candidates.clear();
    Collect(*segment, candidates);
    for (const Candidate& candidate : candidates) {
      if (room == 0) return;
      Link* link = BestLink(candidate);
      if (link == nullptr) continue;
      Ask(*link, candidate);
      --room;
    }
  }
}

void Puller::Detach(const OutstandingPull& pull, LinkId link) {
  Segment* segment = s_.table.Find(pull.sequence);
  if (segment == nullptr || pull.piece >= segment->pieces.size()) return;
  Piece& piece = segment->pieces[pull.piece];
  if (piece.link != link || piece.pull != pull.pull) return;
  piece.link = 0;
  piece.pull = 0;
}

void Puller::Finish(Link& link, const OutstandingPull& pull) {
  const double seconds = ToSeconds(s_.ctx.now - pull.asked);
  const std::uint32_t bytes = pull.next - pull.from;
  if (seconds > 0 && bytes >= kDataPayloadMax) {
    const double rate = bytes / seconds;
    link.bytes_per_second = link.bytes_per_second == 0
                                ? rate
                                : link.bytes_per_second + (rate - link.bytes_per_second) / 4;
  }
  Detach(pull, link.id);
  const PullId id = pull.pull;
  outstanding_ -=
      std::erase_if(link.pulls, [id](const OutstandingPull& p) { return p.pull == id; });
}

bool Puller::OnData(Link& link, const Data& data) {
  link.last_sent = s_.ctx.now;
  s_.ctx.Do(SendMessage{link.id, Ack{data.size}});
  OutstandingPull* pull = link.FindPull(data.pull);
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
    const OutstandingPull done = *pull;
    if (done.next < size && !done.wound_down)
      s_.ctx.Do(SendMessage{link.id, core::Cancel{done.pull}});
    Finish(link, done);
  }
  return true;
}

bool Puller::OnReject(Link& link, const Reject& reject) {
  OutstandingPull* pull = link.FindPull(reject.pull);
  if (pull == nullptr) return reject.pull != 0 && reject.pull <= link.last_pull;
  ++s_.figures.rejects_received;
  const OutstandingPull over = *pull;
  if (reject.reason == RejectReason::kNotHeld) {
    Segment* segment = s_.table.Find(over.sequence);
    if (segment != nullptr) {
      link.view.Forget(segment->key, over.piece);
      segment->holders.Clear();
    }
  } else {
    const Duration half = Milliseconds(reject.retry_after_ms) / 2;
    link.backoff_until = s_.ctx.now + std::clamp(half, kBackoffMin, kBackoffMax);
  }
  Detach(over, link.id);
  outstanding_ -=
      std::erase_if(link.pulls, [&](const OutstandingPull& p) { return p.pull == over.pull; });
  return true;
}

void Puller::Abandon(Link& link, const OutstandingPull& pull) {
  Detach(pull, link.id);
  if (!pull.wound_down) {
    link.last_sent = s_.ctx.now;
    s_.ctx.Do(SendMessage{link.id, core::Cancel{pull.pull}});
  }
  const PullId id = pull.pull;
  outstanding_ -=
      std::erase_if(link.pulls, [id](const OutstandingPull& p) { return p.pull == id; });
}

const OutstandingPull* Puller::PullOf(const Segment& segment, PieceIndex index) const {
  const Piece& piece = segment.pieces[index];
  if (piece.link == 0) return nullptr;
  const auto link = s_.links.find(piece.link);
  return link == s_.links.end() ? nullptr : link->second.FindPull(piece.pull);
}

void Puller::WindDown(Segment& segment, PieceIndex index) {
  const OutstandingPull* pull = PullOf(segment, index);
  if (pull == nullptr || pull->wound_down) return;
  Link& link = s_.links.find(segment.pieces[index].link)->second;
  link.FindPull(pull->pull)->wound_down = s_.ctx.now;
  link.last_sent = s_.ctx.now;
  s_.ctx.Do(SendMessage{link.id, core::Cancel{pull->pull}});
}

bool Puller::Silent(const Segment& segment, PieceIndex index) const {
  const OutstandingPull* pull = PullOf(segment, index);
  return pull == nullptr || (pull->wound_down && s_.ctx.now >= *pull->wound_down + kWindDown);
}

void Puller::Cancel(Segment& segment, PieceIndex index) {
  const OutstandingPull* pull = PullOf(segment, index);
  if (pull == nullptr) return;
  Abandon(s_.links.find(segment.pieces[index].link)->second, OutstandingPull(*pull));
}

void Puller::CancelSegment(Segment& segment) {
  for (PieceIndex i = 0; i < segment.pieces.size(); ++i) Cancel(segment, i);
}

void Puller::CancelAll() {
  for (auto& [sequence, segment] : s_.table.segments()) CancelSegment(segment);
}

void Puller::Forget(Link& link) {
  for (const OutstandingPull& pull : link.pulls) Detach(pull, link.id);
  outstanding_ -= link.pulls.size();
  link.pulls.clear();
}

bool Puller::Obtainable(const Segment& segment, PieceIndex index) const {
  const std::vector<Holders::Peer>& peers = s_.HoldersOf(segment).peers();
  return std::any_of(peers.begin(), peers.end(), [&](const Holders::Peer& peer) {
    return peer.link->serves(s_.ctx.now) && Holders::Holds(peer.held->StateOf(index));
  });
}

TimePoint Puller::ExpectedDone(const Segment& segment, PieceIndex index) const {
  const OutstandingPull* pull = PullOf(segment, index);
  if (pull == nullptr || pull->wound_down) return TimePoint::max();
  if (s_.ctx.now - pull->last_data > kQuietAfter) return TimePoint::max();
  double rate = RateOf(s_.links.find(segment.pieces[index].link)->second);
  if (pull->next > pull->from && s_.ctx.now > pull->asked) {
    rate = (pull->next - pull->from) / ToSeconds(s_.ctx.now - pull->asked);
  }
  const double left = segment.PieceSize(index) - segment.pieces[index].progress;
  return s_.ctx.now + Seconds(std::min(left / std::max(rate, 1.0), 1e6));
}

}  // namespace shoal::core
