#include "client/core/mesh.h"

#include <algorithm>
#include <iterator>
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

// Whether a peer whose state is `theirs` wants to know of ours.
bool IsNews(PieceState ours, PieceState theirs) {
  if (theirs == PieceState::kComplete) return false;
  if (ours == PieceState::kSeeding) return theirs == PieceState::kNone;
  if (ours == PieceState::kStalled || theirs == PieceState::kStalled) return true;
  return ours > (theirs == PieceState::kSeeding ? PieceState::kNone : theirs);
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
  Link& link = s_.links[opened.link];
  link = Link{};
  link.id = opened.link;
  link.dialled = opened.dialled;
  link.opened = s_.ctx.now;
  link.peer = opened.peer;
  link.last_heard = link.last_sent = s_.ctx.now;
  link.told_until = news_begin_ + news_.size();
  admission.link = &link;
  ++s_.links_version;
  s_.members.Linked(opened.peer);
  ++s_.figures.links_opened;
  TellSnapshot(*admission.link);
  KeepAt(s_.ctx.now + kAliveEvery);
  return admission;
}

void Mesh::Remove(LinkId id, bool gone) {
  const auto it = s_.links.find(id);
  if (it == s_.links.end()) return;
  const PeerId peer = it->second.peer.id;
  s_.links.erase(it);
  ++s_.links_version;
  const bool still_linked = std::any_of(s_.links.begin(), s_.links.end(), [&](const auto& entry) {
    return entry.second.peer.id == peer;
  });
  if (!still_linked) s_.members.Unlinked(peer, gone);
}

void Mesh::Apply(Link& link, const SegmentProgress& news, Segment* segment) {
  PeerView::Known known{.can_upload = link.can_upload()};
  if (segment != nullptr) {
    if (segment->holders.Current(s_.links_version, segment->pieces.size())) {
      known.holders = &segment->holders;
      known.held = known.holders->HeldBy(link.id);
    } else {
      segment->holders.Clear();
    }
  }
  const PeerView::Change change = link.view.Apply(news, known);
  if (change == PeerView::Change::kMore) {
    ++s_.links_version;
  } else if (change == PeerView::Change::kSegment && known.holders != nullptr) {
    if (PeerView::Held* held = link.view.Find(news.key)) {
      known.holders->Add({link.id, &link, held}, link.can_upload());
    } else {
      known.holders->Clear();
    }
  }
}

void Mesh::HearGossip(const Link& link, Segment& segment, const SegmentProgress& news) {
  const auto hear = [&](PieceIndex index, TimePoint born) {
    if (index >= segment.pieces.size()) return;
    Piece& piece = segment.pieces[index];
    if (!piece.heard || *piece.heard < born) piece.heard = born;
    PassOn(segment, index, piece);
  };
  if (link.can_upload()) {
    for (const PieceNews& piece : news.pieces) {
      if (Holders::Provides(piece.state)) {
        hear(piece.piece, s_.ctx.now);
      } else if (piece.state == PieceState::kStalled) {
        Unhear(segment, piece.piece);
      }
    }
    if (news.complete) {
      for (PieceIndex i = 0; i < segment.pieces.size(); ++i) hear(i, s_.ctx.now);
    }
  }
  for (const PieceGossip& gossip : news.gossip) hear(gossip.piece, s_.ctx.now - AgeOf(gossip));
}

void Mesh::Unhear(Segment& segment, PieceIndex index) {
  if (index >= segment.pieces.size() || s_.HoldersOf(segment).providers(index) > 0) return;
  segment.pieces[index].heard.reset();
}

bool Mesh::Matters(const Segment& segment, const SegmentProgress& news) {
  if (!segment.entered || segment.complete()) return false;
  if (news.complete || news.dropped || segment.started_race) return true;
  return std::any_of(news.pieces.begin(), news.pieces.end(), [&](const PieceNews& piece) {
    if (piece.piece >= segment.pieces.size()) return false;
    const Piece& own = segment.pieces[piece.piece];
    return own.fetch == 0 && !segment.PieceComplete(piece.piece) &&
           piece.state != PieceState::kSeeding &&
           (own.link == 0 || piece.state == PieceState::kStalled);
  });
}

void Mesh::TellWithin(Link& link, Duration after) {
  if (link.tell_at && *link.tell_at <= s_.ctx.now + after) return;
  const auto cells = (s_.ctx.now + after).time_since_epoch() / kTellGrid + 1;
  link.tell_at = TimePoint(cells * kTellGrid);
  KeepAt(*link.tell_at);
}

void Mesh::TellSoon(Link& link) {
  const TimePoint soon = s_.ctx.now + kTellAfterMax;
  if (link.tell_at && *link.tell_at <= soon) return;
  TellWithin(link, s_.ctx.random.Uniform(kTellAfterMin, kTellAfterMax - kTellGrid));
}

void Mesh::PieceChanged(Segment& segment, PieceIndex index, PieceState before) {
  if (!segment.shareable) return;
  const PieceState state = segment.StateOf(index);
  const bool in_between = before != PieceState::kNone && before != PieceState::kStalled &&
                          state != PieceState::kStalled;
  if (in_between && state != PieceState::kHalf && state != PieceState::kComplete) return;
  if (s_.links.empty()) return;
  news_.emplace_back(segment.sequence, index);
  const bool common = s_.HoldersOf(segment).all(index) > kCommon;
  for (auto& [id, link] : s_.links) {
    if (in_between || common) {
      TellWithin(link, kTellInBetween);
    } else {
      TellSoon(link);
    }
  }
  PassOn(segment, index, segment.pieces[index]);
}

void Mesh::SeedingBegun(Segment& segment, PieceIndex index) {
  if (s_.ctx.uploader.upload_class() == kUploadNone) return;  // nobody could have it from here
  Piece& piece = segment.pieces[index];
  if (piece.progress > 0) return;
  piece.told_seeding = true;
  piece.told_stalled = false;
  if (!s_.links.empty()) news_.emplace_back(segment.sequence, index);
  for (auto& [id, link] : s_.links) TellWithin(link, Duration{});
  piece.heard = s_.ctx.now;
  PassOn(segment, index, piece);
}

void Mesh::PassOn(const Segment& segment, PieceIndex index, Piece& piece) {
  if (!piece.heard || !segment.shareable) return;
  if (piece.passed_on && *piece.heard - *piece.passed_on < kHoldMin * 6 / 10) return;
  if (s_.ctx.now - *piece.heard > kHoldMax || everybody_linked()) return;
  piece.passed_on = piece.heard;
  // A share of the links, another each time: by some way or other it reaches all of them soon.
  const std::size_t share = (s_.links.size() + kGossipFanout - 1) / kGossipFanout;
  const std::size_t turn = share <= 1 ? 0 : s_.ctx.random.Next() % share;
  for (std::size_t i = turn == 0 ? 0 : share - turn; i < s_.links.size(); i += share) {
    Link& link = s_.links.ValueAt(i);
    link.gossip.emplace_back(segment.sequence, index);
    TellWithin(link, kTellGossip);
  }
}

void Mesh::SegmentListed(const Segment& segment) {
  for (auto& [id, link] : s_.links) {
    if (link.view.Find(segment.key) != nullptr) continue;
    Progress progress;
    progress.segments.push_back({.key = segment.key, .pieces = {}, .gossip = {}});
    Send(link, std::move(progress));
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
  std::vector<SegmentProgress> told;
  for (const SegmentKey& key : link.dropped) {
    const Segment* segment = s_.table.FindKey(key);
    if (segment != nullptr && segment->held_bytes() > 0) continue;  // held again
    told.push_back({.key = key, .dropped = true, .pieces = {}, .gossip = {}});
  }
  const auto entry_of = [&](const Segment& segment) -> SegmentProgress& {
    const auto same = std::find_if(told.begin(), told.end(), [&](const SegmentProgress& entry) {
      return entry.key == segment.key && !entry.dropped;
    });
    if (same != told.end()) return *same;
    const PeerView::Held* theirs = link.view.Find(segment.key);
    const bool news = segment.length_known() && (theirs == nullptr || theirs->length == 0);
    told.push_back({.key = segment.key,
                    .length = news ? segment.length : 0,
                    .complete = segment.complete(),
                    .pieces = {},
                    .gossip = {}});
    return told.back();
  };
  // Calls `tell` with each of the pieces to tell that is still known, and what the peer said of it.
  const auto each = [&](auto tell) {
    std::sort(to_tell_.begin(), to_tell_.end());
    to_tell_.erase(std::unique(to_tell_.begin(), to_tell_.end()), to_tell_.end());
    const Segment* segment = nullptr;
    const PeerView::Held* held = nullptr;
    for (const auto& [sequence, index] : to_tell_) {
      if (segment == nullptr || segment->sequence != sequence) {
        segment = s_.table.Find(sequence);
        held = segment == nullptr ? nullptr : s_.HoldersOf(*segment).HeldBy(link.id);
      }
      if (segment == nullptr || index >= segment->pieces.size()) continue;
      tell(*segment, index, held == nullptr ? PieceState::kNone : held->StateOf(index));
    }
  };
  to_tell_.assign(news_.begin() + static_cast<std::ptrdiff_t>(link.told_until - news_begin_),
                  news_.end());
  link.told_until = news_begin_ + news_.size();
  each([&](const Segment& segment, PieceIndex index, PieceState theirs) {
    const PieceState ours = segment.StateOf(index);
    if (!IsNews(ours, theirs)) return;
    SegmentProgress& entry = entry_of(segment);
    if (!entry.complete) entry.pieces.push_back({index, ours});
  });
  to_tell_.assign(link.gossip.begin(), link.gossip.end());
  link.gossip.clear();
  each([&](const Segment& segment, PieceIndex index, PieceState theirs) {
    const Piece& piece = segment.pieces[index];
    if (theirs != PieceState::kNone || !piece.heard) return;
    // What this client provides itself it says, or has said, first hand.
    const bool provides = s_.ctx.uploader.upload_class() != kUploadNone;
    if (provides && Holders::Provides(segment.StateOf(index))) return;
    entry_of(segment).gossip.push_back({index, AgeUnits(s_.ctx.now - *piece.heard)});
  });
  link.dropped.clear();
  while (told.size() > kSegmentsPerProgressMax) {
    Progress part;
    const auto begin = told.end() - static_cast<std::ptrdiff_t>(kSegmentsPerProgressMax);
    part.segments.assign(std::make_move_iterator(begin), std::make_move_iterator(told.end()));
    told.erase(begin, told.end());
    Send(link, std::move(part));
  }
  if (told.empty()) return;
  Progress rest;
  rest.segments = std::move(told);
  Send(link, std::move(rest));
}

void Mesh::MarkStalled() {
  for (std::uint64_t sequence : s_.window) {
    Segment* segment = s_.table.Find(sequence);
    if (segment == nullptr || segment->complete()) continue;
    for (PieceIndex i = 0; i < segment->pieces.size(); ++i) {
      Piece& piece = segment->pieces[i];
      const bool said = piece.progress > 0 || piece.told_seeding;
      if (!said || piece.told_stalled || segment->PieceComplete(i)) continue;
      const bool asked = piece.progress > 0 || piece.fetch != 0;
      const TimePoint stalled_at = std::max(piece.last_byte, piece.asked) + kStalledAfter;
      if (asked && s_.ctx.now < stalled_at) {
        s_.WakeAt(stalled_at);
        continue;
      }
      piece.told_stalled = true;
      PieceChanged(*segment, i, PieceState::kReceiving);
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

void Mesh::Look() {
  DialMore();
  if (s_.links.empty()) return;
  MarkStalled();
}

std::vector<LinkId> Mesh::Keep() {
  keep_at_.reset();
  std::vector<LinkId> dead;
  for (auto& [id, link] : s_.links) {
    if (s_.ctx.now - link.last_heard >= kDeadAfter) {
      dead.push_back(id);
      continue;
    }
    if (link.tell_at && *link.tell_at <= s_.ctx.now) Tell(link);
    if (link.tell_at) KeepAt(*link.tell_at);
    if (s_.ctx.now - link.last_sent >= kAliveEvery) Send(link, Progress{});
    KeepAt(std::min(link.last_sent + kAliveEvery, link.last_heard + kDeadAfter));
  }
  TrimNews();
  return dead;
}

void Mesh::TrimNews() {
  constexpr std::size_t kWorthIt = 64;
  if (news_.size() < kWorthIt) return;
  std::uint64_t told = news_begin_ + news_.size();
  for (const auto& [id, link] : s_.links) told = std::min(told, link.told_until);
  news_.erase(news_.begin(), news_.begin() + static_cast<std::ptrdiff_t>(told - news_begin_));
  news_begin_ = told;
}

}  // namespace shoal::core
