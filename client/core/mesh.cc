#include "client/core/mesh.h"

#include <algorithm>
#include <utility>

namespace shoal::core {
namespace {

// Of two links between the same pair, the one that the smaller id dialled stays.
bool Outranks(const LinkOpened& opened, const PeerId& self) {
  return opened.dialled == (self < opened.peer.id);
}

Duration AgeOf(const PieceGossip& gossip) { return Milliseconds(50) * gossip.age_units; }

std::uint8_t AgeUnits(Duration age) {
  return static_cast<std::uint8_t>(
      std::clamp<std::int64_t>(age / Milliseconds(50), 0, kGossipAgeUnitsMax));
}

}  // namespace

Mesh::Admission Mesh::Admit(const LinkOpened& opened) {
  Admission admission;
  const auto same = std::find_if(s_.links.begin(), s_.links.end(), [&](const auto& entry) {
    return entry.second.peer.id == opened.peer.id;
  });
  if (opened.peer.id == s_.ctx.self || !s_.active_since) {
    s_.ctx.Do(CloseLink{opened.link, ByeReason::kLeaving});
    return admission;
  }
  if (same != s_.links.end()) {
    // Dialled twice from the same side: the older one is a leftover of a connection that broke.
    if (same->second.dialled != opened.dialled && !Outranks(opened, s_.ctx.self)) {
      s_.ctx.Do(CloseLink{opened.link, ByeReason::kDuplicate});
      return admission;
    }
    admission.replaced = same->first;
  } else if (!opened.dialled && s_.links.size() >= s_.ctx.config.links * 3 / 2) {
    s_.ctx.Do(CloseLink{opened.link, ByeReason::kFull});
    return admission;
  }
  Link link;
  link.id = opened.link;
  link.dialled = opened.dialled;
  link.opened = s_.ctx.now;
  link.peer = opened.peer;
  link.last_heard = link.last_sent = s_.ctx.now;
  admission.link = &s_.links.insert_or_assign(opened.link, std::move(link)).first->second;
  s_.members.Linked(opened.peer);
  ++s_.figures.links_opened;
  TellSnapshot(*admission.link);
  return admission;
}

void Mesh::Remove(LinkId id, bool gone) {
  const auto it = s_.links.find(id);
  if (it == s_.links.end()) return;
  const PeerId peer = it->second.peer.id;
  s_.links.erase(it);
  const bool still_linked = std::any_of(s_.links.begin(), s_.links.end(), [&](const auto& entry) {
    return entry.second.peer.id == peer;
  });
  if (!still_linked) s_.members.Unlinked(peer, gone);
}

void Mesh::HearGossip(const Link& link, Segment& segment, const SegmentProgress& news) {
  const auto hear = [&](PieceIndex index, TimePoint born) {
    if (index >= segment.pieces.size()) return;
    Piece& piece = segment.pieces[index];
    if (!piece.heard || *piece.heard < born) piece.heard = born;
  };
  if (link.can_upload()) {
    for (const PieceNews& piece : news.pieces) {
      if (piece.state != PieceState::kNone && piece.state != PieceState::kStalled) {
        hear(piece.piece, s_.ctx.now);
      }
    }
    if (news.complete) {
      for (PieceIndex i = 0; i < segment.pieces.size(); ++i) hear(i, s_.ctx.now);
    }
  }
  for (const PieceGossip& gossip : news.gossip) hear(gossip.piece, s_.ctx.now - AgeOf(gossip));
}

void Mesh::TellSoon(Link& link) {
  if (link.tell_at) return;
  link.tell_at = s_.ctx.now + s_.ctx.random.Uniform(kTellAfterMin, kTellAfterMax);
}

void Mesh::PieceChanged(const Segment& segment, PieceIndex piece) {
  if (!segment.shareable) return;
  for (auto& [id, link] : s_.links) {
    const PeerView::Held* held = link.view.Find(segment.key);
    if (held != nullptr && held->StateOf(piece) == PieceState::kComplete) continue;
    link.news.emplace_back(segment.sequence, piece);
    TellSoon(link);
  }
}

void Mesh::SegmentDropped(const Segment& segment) {
  if (segment.held_bytes() == 0 || !segment.shareable) return;
  for (auto& [id, link] : s_.links) {
    link.dropped.push_back(segment.key);
    TellSoon(link);
  }
}

void Mesh::ClassChanged() {
  for (auto& [id, link] : s_.links) {
    Progress progress;
    progress.upload_class = s_.ctx.uploader.upload_class();
    Send(link, std::move(progress));
  }
}

void Mesh::Send(Link& link, Progress progress) {
  link.last_sent = s_.ctx.now;
  s_.ctx.Do(SendMessage{link.id, std::move(progress)});
}

void Mesh::TellSnapshot(Link& link) {
  Progress progress;
  for (auto& [sequence, segment] : s_.table.segments()) {
    if (!segment.shareable || segment.held_bytes() == 0) continue;
    if (progress.segments.size() == kSegmentsPerProgressMax) {
      Send(link, std::exchange(progress, Progress{}));
    }
    SegmentProgress told{.key = segment.key,
                         .length = segment.length_known() ? segment.length : 0,
                         .complete = segment.complete(),
                         .pieces = {},
                         .gossip = {}};
    for (PieceIndex i = 0; i < segment.pieces.size() && !told.complete; ++i) {
      const PieceState state = segment.StateOf(i);
      if (state != PieceState::kNone) told.pieces.push_back({i, state});
    }
    progress.segments.push_back(std::move(told));
  }
  Send(link, std::move(progress));
}

void Mesh::Tell(Link& link) {
  link.tell_at.reset();
  Progress progress;
  for (const SegmentKey& key : std::exchange(link.dropped, {})) {
    const Segment* segment = s_.table.FindKey(key);
    if (segment != nullptr && segment->held_bytes() > 0) continue;  // held again
    progress.segments.push_back({.key = key, .dropped = true, .pieces = {}, .gossip = {}});
  }
  std::sort(link.news.begin(), link.news.end());
  link.news.erase(std::unique(link.news.begin(), link.news.end()), link.news.end());
  std::sort(link.gossip.begin(), link.gossip.end());
  const auto entry_of = [&](const Segment& segment) -> SegmentProgress& {
    if (progress.segments.empty() || progress.segments.back().key != segment.key) {
      progress.segments.push_back({.key = segment.key,
                                   .length = segment.length_known() ? segment.length : 0,
                                   .complete = segment.complete(),
                                   .pieces = {},
                                   .gossip = {}});
    }
    return progress.segments.back();
  };
  for (const auto& [sequence, piece] : std::exchange(link.news, {})) {
    const Segment* segment = s_.table.Find(sequence);
    if (segment == nullptr || piece >= segment->pieces.size()) continue;
    SegmentProgress& told = entry_of(*segment);
    if (!told.complete) told.pieces.push_back({piece, segment->StateOf(piece)});
  }
  for (const auto& [sequence, index] : std::exchange(link.gossip, {})) {
    const Segment* segment = s_.table.Find(sequence);
    if (segment == nullptr || index >= segment->pieces.size()) continue;
    const Piece& piece = segment->pieces[index];
    if (!piece.heard) continue;
    entry_of(*segment).gossip.push_back({index, AgeUnits(s_.ctx.now - *piece.heard)});
  }
  for (std::size_t i = 0; i < progress.segments.size(); i += kSegmentsPerProgressMax) {
    Progress part;
    const auto begin = progress.segments.begin() + static_cast<std::ptrdiff_t>(i);
    const std::size_t left = progress.segments.size() - i;
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(left, kSegmentsPerProgressMax));
    part.segments.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
    Send(link, std::move(part));
  }
}

void Mesh::MarkStalled() {
  for (std::uint64_t sequence : s_.window) {
    Segment* segment = s_.table.Find(sequence);
    if (segment == nullptr || segment->complete()) continue;
    for (PieceIndex i = 0; i < segment->pieces.size(); ++i) {
      Piece& piece = segment->pieces[i];
      if (piece.progress == 0 || piece.told_stalled || segment->PieceComplete(i)) continue;
      const TimePoint stalled_at = piece.last_byte + kStalledAfter;
      if (s_.ctx.now < stalled_at) {
        s_.WakeAt(stalled_at);
        continue;
      }
      piece.told_stalled = true;
      PieceChanged(*segment, i);
    }
  }
}

void Mesh::PassOnGossip() {
  if (everybody_linked()) return;
  for (std::uint64_t sequence : s_.window) {
    Segment* segment = s_.table.Find(sequence);
    if (segment == nullptr || !segment->shareable) continue;
    for (PieceIndex i = 0; i < segment->pieces.size(); ++i) {
      Piece& piece = segment->pieces[i];
      if (!piece.heard || s_.ctx.now - *piece.heard > kHoldMax) continue;
      if (piece.passed_on && *piece.heard - *piece.passed_on < kHoldMin * 6 / 10) continue;
      piece.passed_on = piece.heard;
      for (auto& [id, link] : s_.links) {
        const PeerView::Held* held = link.view.Find(segment->key);
        if (held != nullptr && held->StateOf(i) != PieceState::kNone) continue;
        link.gossip.emplace_back(sequence, i);
        TellSoon(link);
      }
    }
  }
}

void Mesh::DialMore() {
  MemberTable& members = s_.members;
  while (members.linked() + members.dialling() < s_.ctx.config.links &&
         members.dialling() < kDialsMax) {
    const Member* member = members.PickToDial(s_.ctx.random.Next(), s_.ctx.now);
    if (member == nullptr) break;
    s_.ctx.Do(Dial{s_.id, *member});
    members.Dialling(member->id);
  }
}

std::vector<LinkId> Mesh::Look() {
  std::vector<LinkId> dead;
  if (s_.active_since) {
    DialMore();
    MarkStalled();
    PassOnGossip();
  }
  for (auto& [id, link] : s_.links) {
    if (s_.ctx.now - link.last_heard >= kDeadAfter) {
      dead.push_back(id);
      continue;
    }
    if (link.tell_at && *link.tell_at <= s_.ctx.now) Tell(link);
    if (s_.ctx.now - link.last_sent >= kAliveEvery) Send(link, Progress{});
    if (link.tell_at) s_.WakeAt(*link.tell_at);
    s_.WakeAt(std::min(link.last_sent + kAliveEvery, link.last_heard + kDeadAfter));
  }
  return dead;
}

}  // namespace shoal::core
