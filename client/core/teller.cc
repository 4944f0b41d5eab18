#include "client/core/teller.h"

#include <algorithm>
#include <iterator>

namespace shoal::core {
namespace {

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

// ---- Links -------------------------------------------------------------------------------------

void Teller::Linked(Link& link) {
  turns_.insert(turns_.begin() + static_cast<std::ptrdiff_t>(link.place),
                Turn{.told_until = news_begin_ + news_.size(), .link = &link});
  TellSnapshot(link);
}

void Teller::Unlinked(const Link& link) {
  turns_.erase(turns_.begin() + static_cast<std::ptrdiff_t>(link.place));
}

// ---- What is new -------------------------------------------------------------------------------

void Teller::TellWithin(Turn& turn, Duration after) {
  if (turn.at <= s_.ctx.now + after) return;
  const auto cells = (s_.ctx.now + after).time_since_epoch() / kTellGrid + 1;
  turn.at = TimePoint(cells * kTellGrid);
  tell_at_ = std::min(tell_at_, turn.at);
}

void Teller::TellSoon(Turn& turn) {
  if (turn.at <= s_.ctx.now + kTellAfterMax) return;
  TellWithin(turn, s_.ctx.random.Uniform(kTellAfterMin, kTellAfterMax - kTellGrid));
}

void Teller::PieceChanged(Segment& segment, PieceIndex index, PieceState before) {
  if (!segment.shareable) return;
  const PieceState state = segment.StateOf(index);
  // Where uploads are scarce, several seed a piece, and its first byte is no reason to ask for it yet.
  const bool few_seed = s_.figures.lottery_radius < kFewSeed;
  const bool first_byte = before == PieceState::kNone || before == PieceState::kStalled ||
                          (before == PieceState::kSeeding && few_seed);
  const bool in_between = !first_byte && state != PieceState::kStalled;
  if (in_between && state != PieceState::kHalf && state != PieceState::kComplete) return;
  if (turns_.empty()) return;
  const bool of_use = s_.ctx.uploader.upload_class() != kUploadNone;
  if (!of_use && state != PieceState::kComplete) return;
  news_.push_back({.sequence = segment.sequence, .piece = index});
  const bool common = s_.HoldersOf(segment).all(index) > kCommon;
  for (Turn& turn : turns_) {
    if (!of_use) {
      TellWithin(turn, kTellOfNoUse);
    } else if (in_between || common) {
      TellWithin(turn, kTellInBetween);
    } else {
      TellSoon(turn);
    }
  }
  PassOn(segment, index, segment.pieces[index]);
}

void Teller::SeedingBegun(Segment& segment, PieceIndex index) {
  if (s_.ctx.uploader.upload_class() == kUploadNone) return;  // nobody could have it from here
  Piece& piece = segment.pieces[index];
  if (piece.progress > 0) return;
  piece.told_seeding = true;
  piece.told_stalled = false;
  if (!turns_.empty()) news_.push_back({.sequence = segment.sequence, .piece = index});
  for (Turn& turn : turns_) TellWithin(turn, Duration{});
  piece.heard = s_.ctx.now;
  PassOn(segment, index, piece);
}

void Teller::PassOn(const Segment& segment, PieceIndex index, Piece& piece) {
  if (!piece.heard || !segment.shareable) return;
  if (piece.passed_on && *piece.heard - *piece.passed_on < kHoldMin * 6 / 10) return;
  if (s_.ctx.now - *piece.heard > kHoldMax || everybody_linked()) return;
  piece.passed_on = piece.heard;
  if (turns_.empty()) return;
  // A share of the links, another each time: by some way or other it reaches all of them soon.
  const std::size_t share = (turns_.size() + kGossipFanout - 1) / kGossipFanout;
  const std::size_t turn = share <= 1 ? 0 : s_.ctx.random.Next() % share;
  const std::size_t first = turn == 0 ? 0 : share - turn;
  news_.push_back({.sequence = segment.sequence,
                   .piece = index,
                   .share = static_cast<std::uint16_t>(share),
                   .first = static_cast<std::uint16_t>(first)});
  for (std::size_t i = first; i < turns_.size(); i += share) TellWithin(turns_[i], kTellGossip);
}

void Teller::SegmentListed(const Segment& segment) {
  for (auto& [id, link] : s_.links) {
    if (link.view.Find(segment.key) != nullptr) continue;
    Progress progress;
    progress.segments.push_back({.key = segment.key, .pieces = {}, .gossip = {}});
    Send(link, std::move(progress));
  }
}

void Teller::SegmentDropped(const Segment& segment) {
  if (segment.held_bytes() == 0 || !segment.shareable) return;
  for (Turn& turn : turns_) {
    turn.link->dropped.push_back(segment.key);
    turn.link->has_dropped = true;
    TellSoon(turn);
  }
}

void Teller::ClassChanged() {
  for (auto& [id, link] : s_.links) {
    Progress progress;
    progress.upload_class = s_.ctx.uploader.upload_class();
    Send(link, std::move(progress));
  }
}

void Teller::MarkStalled() {
  if (turns_.empty()) return;
  for (Segment* segment : s_.in_window) {
    if (segment->complete()) continue;
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

// ---- Telling -----------------------------------------------------------------------------------

void Teller::TellDue(Duration dead_after) {
  tell_at_ = TimePoint::max();
  for (Turn& turn : turns_) {
    if (turn.at <= s_.ctx.now && s_.ctx.now - turn.link->last_heard < dead_after) {
      turn.at = TimePoint::max();
      CollectNews(*turn.link);
      turn.told_until = news_begin_ + news_.size();
      Tell(*turn.link);
    }
    tell_at_ = std::min(tell_at_, turn.at);
  }
  TrimNews();
}

void Teller::TellSnapshot(Link& link) {
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

void Teller::CollectNews(const Link& link) {
  to_tell_.clear();
  to_pass_on_.clear();
  const std::size_t place = link.place;
  for (std::uint64_t i = turns_[place].told_until - news_begin_; i < news_.size(); ++i) {
    const News& news = news_[i];
    if (news.share == 0) {
      to_tell_.emplace_back(news.sequence, news.piece);
    } else if (place % news.share == news.first) {
      to_pass_on_.emplace_back(news.sequence, news.piece);
    }
  }
  for (std::vector<PieceRef>* pieces : {&to_tell_, &to_pass_on_}) {
    std::sort(pieces->begin(), pieces->end());
    pieces->erase(std::unique(pieces->begin(), pieces->end()), pieces->end());
  }
}

template <typename F>
void Teller::ForEach(const std::vector<PieceRef>& pieces, const Link& link, F tell) {
  const Segment* segment = nullptr;
  const PeerView::Held* held = nullptr;
  for (const auto& [sequence, index] : pieces) {
    if (segment == nullptr || segment->sequence != sequence) {
      segment = s_.table.Find(sequence);
      held = segment == nullptr ? nullptr : s_.HoldersOf(*segment).HeldBy(link.place);
    }
    if (segment == nullptr || index >= segment->pieces.size()) continue;
    tell(*segment, index, held);
  }
}

void Teller::TellDropped(Link& link, std::vector<SegmentProgress>& told) {
  for (const SegmentKey& key : link.dropped) {
    const Segment* segment = s_.table.FindKey(key);
    if (segment != nullptr && segment->held_bytes() > 0) continue;  // held again
    told.push_back({.key = key, .dropped = true, .pieces = {}, .gossip = {}});
  }
  link.dropped.clear();
  link.has_dropped = false;
}

SegmentProgress& Teller::EntryOf(const Segment& segment, const PeerView::Held* theirs,
                                 std::vector<SegmentProgress>& told) {
  const auto same = std::find_if(told.begin(), told.end(), [&](const SegmentProgress& entry) {
    return entry.key == segment.key && !entry.dropped;
  });
  if (same != told.end()) return *same;
  const bool news = segment.length_known() && (theirs == nullptr || theirs->length == 0);
  told.push_back({.key = segment.key,
                  .length = news ? segment.length : 0,
                  .complete = segment.complete(),
                  .pieces = {},
                  .gossip = {}});
  return told.back();
}

void Teller::Tell(Link& link) {
  std::vector<SegmentProgress> told;
  if (link.has_dropped) TellDropped(link, told);
  const auto state_of = [](const PeerView::Held* held, PieceIndex index) {
    return held == nullptr ? PieceState::kNone : held->StateOf(index);
  };
  ForEach(to_tell_, link,
          [&](const Segment& segment, PieceIndex index, const PeerView::Held* theirs) {
            const PieceState ours = segment.StateOf(index);
            if (!IsNews(ours, state_of(theirs, index))) return;
            SegmentProgress& entry = EntryOf(segment, theirs, told);
            if (!entry.complete) entry.pieces.push_back({index, ours});
          });
  const bool uploads = s_.ctx.uploader.upload_class() != kUploadNone;
  ForEach(to_pass_on_, link,
          [&](const Segment& segment, PieceIndex index, const PeerView::Held* theirs) {
            const Piece& piece = segment.pieces[index];
            if (state_of(theirs, index) != PieceState::kNone || !piece.heard) return;
            // What this client provides itself it says, or has said, first hand.
            if (uploads && Holders::Provides(segment.StateOf(index))) return;
            EntryOf(segment, theirs, told)
                .gossip.push_back({index, AgeUnits(s_.ctx.now - *piece.heard)});
          });
  SendAll(link, std::move(told));
}

void Teller::SendAll(Link& link, std::vector<SegmentProgress> told) {
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

void Teller::Send(Link& link, Progress progress) {
  link.last_sent = s_.ctx.now;
  s_.ctx.Do(SendMessage{link.id, std::move(progress)});
}

void Teller::TrimNews() {
  constexpr std::size_t kWorthIt = 64;
  if (news_.size() < kWorthIt) return;
  std::uint64_t told = news_begin_ + news_.size();
  for (const Turn& turn : turns_) told = std::min(told, turn.told_until);
  news_.erase(news_.begin(), news_.begin() + static_cast<std::ptrdiff_t>(told - news_begin_));
  news_begin_ = told;
}

}  // namespace shoal::core
