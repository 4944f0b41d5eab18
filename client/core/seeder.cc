#include "client/core/seeder.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace shoal::core {

bool Seeder::Open() {
  if (!s_.active_since || s_.no_ranges || !s_.line_to_spare || !s_.ctx.swarming()) return false;
  const TimePoint at_last = *s_.active_since + kWaitForLinks;
  if (s_.ctx.now >= at_last) return true;
  s_.WakeAt(at_last);
  if (s_.ctx.config.has_tracker && !s_.announced) return false;
  const std::size_t linkable = std::min(kLinksForHalf, s_.members.linkable(s_.ctx.now));
  return s_.links.size() * 2 >= linkable;
}

std::uint32_t Seeder::ViewVersion() {
  const int late_step = s_.late ? static_cast<int>(std::lround(s_.late->value() * 32)) : 0;
  if (members_version_ != s_.members.version() || late_step != late_step_) {
    members_version_ = s_.members.version();
    late_step_ = late_step;
    ++version_;
  }
  return version_;
}

bool Seeder::Suppressed(const Segment& segment, PieceIndex index) {
  // The lottery lets about `radius` clients seed a piece at once. Where uploads are scarce that is
  // several, and one that has it is not enough for all.
  const auto enough = static_cast<std::size_t>(std::max(1.0, s_.figures.lottery_radius));
  const Holders& holders = s_.HoldersOf(segment);
  if (s_.ctx.now >= s_.shunned_until) return holders.providers(index) >= enough;
  std::size_t serving = 0;
  for (const Holders::Peer& peer : holders.peers()) {
    if (!peer.link->serves(s_.ctx.now) || !Holders::Provides(peer.held->StateOf(index))) continue;
    if (++serving >= enough) return true;
  }
  return false;
}

SeededBefore Seeder::WhoSeededBefore(const Segment& segment, PieceIndex index) {
  for (std::uint64_t back = 1; back <= std::min(kLookBack, segment.sequence); ++back) {
    const Segment* before = s_.table.Find(segment.sequence - back);
    if (before == nullptr || !before->entered) break;
    if (index >= before->pieces.size()) continue;
    const Piece& piece = before->pieces[index];
    if (piece.told_seeding && before->PieceComplete(index)) return SeededBefore::kSelf;
    const bool had = piece.heard || s_.HoldersOf(*before).providers(index) > 0;
    return had ? SeededBefore::kOthers : SeededBefore::kNobody;
  }
  return SeededBefore::kUnknown;
}

bool Seeder::HasTurn(Segment& segment, PieceIndex index, const SwarmView& view) {
  Piece& piece = segment.pieces[index];
  const bool known = piece.seed_at && piece.seed_version == version_;
  if (!known || (!piece.seed_certain && s_.ctx.now >= *piece.seed_at)) {
    const Duration elapsed = s_.ctx.now - *segment.entered;
    const PieceToAssign to_assign{.segment = segment.key,
                                  .piece = index,
                                  .pieces = segment.pieces.size(),
                                  .duration = segment.duration,
                                  .before = WhoSeededBefore(segment, index)};
    const auto delay = s_.policy->SeedDelay(to_assign, view, elapsed);
    piece.seed_at = delay ? *segment.entered + *delay : TimePoint::max();
    piece.seed_version = version_;
    piece.seed_certain = !delay || *delay <= elapsed;
  }
  if (s_.ctx.now >= *piece.seed_at) return true;
  if (*piece.seed_at != TimePoint::max()) s_.WakeAt(*piece.seed_at);
  return false;
}

bool Seeder::Due(Segment& segment, PieceIndex index, const SwarmView& view) {
  Piece& piece = segment.pieces[index];
  if (piece.seed_at && piece.seed_version == version_ && s_.ctx.now < *piece.seed_at) {
    if (*piece.seed_at != TimePoint::max()) s_.WakeAt(*piece.seed_at);
    return false;
  }
  // Before the turn is worked out: whoever is suppressed need not know it.
  if (Suppressed(segment, index) || !HasTurn(segment, index, view)) return false;
  if (piece.heard) {
    if (piece.hold == Duration::zero()) {
      piece.hold = s_.ctx.random.Uniform(Teller::kHoldMin, Teller::kHoldMax);
    }
    const TimePoint look_again = *piece.heard + piece.hold;
    if (s_.ctx.now < look_again) {
      s_.WakeAt(look_again);
      return false;
    }
    piece.hold = Duration::zero();
  }
  return true;
}

void Seeder::Look() {
  if (!Open()) return;
  ViewVersion();
  const SwarmView view = s_.View();
  s_.figures.lottery_radius = s_.policy->Radius(view);
  std::vector<PieceIndex> due;
  for (std::uint64_t sequence : s_.window) {
    Segment* segment = s_.table.Find(sequence);
    if (segment == nullptr || segment->complete() || !segment->shareable || segment->oversize) {
      continue;
    }
    if (s_.ctx.now < segment->cdn_retry_at) {
      s_.WakeAt(segment->cdn_retry_at);
      continue;
    }
    due.clear();
    for (PieceIndex i = 0; i < segment->pieces.size(); ++i) {
      const Piece& piece = segment->pieces[i];
      if (segment->PieceComplete(i) || piece.has_source()) continue;
      if (Due(*segment, i, view)) due.push_back(i);
    }
    fetches_.Ask(*segment, due, Fetches::Purpose::kSeed);
    for (PieceIndex i : due) teller_.SeedingBegun(*segment, i);
  }
}

}  // namespace shoal::core
