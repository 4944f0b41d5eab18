#include "tests/sim/reduced/seeding.h"

#include <algorithm>

#include "client/core/teller.h"
#include "client/core/uploader.h"

namespace shoal::sim::reduced {
namespace {

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
  if (sum <= 0) return static_cast<float>(core::Uploader::kAssumedRate);
  return static_cast<float>(std::clamp(sum / known, static_cast<double>(core::Uploader::kCapMin),
                                       core::Uploader::kAssumedRateMax));
}

}  // namespace

Seeding::Seeding(State& state, Teller& teller, Fetches& fetches)
    : s_(state),
      teller_(teller),
      fetches_(fetches),
      policy_(core::MakeAssignmentPolicy(state.scenario.client.assignment, state.scenario.seed)) {}

core::SeededBefore Seeding::WhoSeededBefore(std::uint32_t index, unsigned number) {
  const Viewer& viewer = s_.viewers[index];
  const Segment& segment = s_.segment_of(number);
  for (unsigned back = 1; back < kSegments; ++back) {
    const unsigned before = (number + kPieces - back * kPiecesMax) % kPieces;
    if (s_.segment_of(before).sequence + back != segment.sequence) break;
    if ((viewer.entered & SegmentMask(before / kPiecesMax)) == 0) break;
    if ((viewer.entered & Bit(before)) == 0) continue;  // it has no such piece
    const Piece& piece = s_.piece(index, before);
    const bool complete = (viewer.missing & Bit(before)) == 0;
    if (piece.told_seeding && complete) return core::SeededBefore::kSelf;
    const bool had = piece.heard != 0 || viewer.providers[before] > 0;
    return had ? core::SeededBefore::kOthers : core::SeededBefore::kNobody;
  }
  return core::SeededBefore::kUnknown;
}

core::PieceToAssign Seeding::ToAssign(std::uint32_t index, unsigned piece) {
  const Viewer& viewer = s_.viewers[index];
  const unsigned slot = piece / kPiecesMax;
  const Segment& segment = s_.segments[slot];
  const bool knows = (viewer.lengths >> slot & 1) != 0 || segment.pieces_before == 0;
  return {.segment = segment.key,
          .piece = piece % kPiecesMax,
          .pieces = knows ? segment.pieces : segment.pieces_before,
          .duration = s_.media.segment_duration(),
          .before = WhoSeededBefore(index, piece)};
}

void Seeding::Enter(std::uint32_t index, unsigned slot) {
  Viewer& viewer = s_.viewers[index];
  const Segment& segment = s_.segments[slot];
  const Mask all = ((Mask{1} << segment.pieces) - 1) << (slot * kPiecesMax);
  viewer.entered |= all;
  viewer.missing |= all;
  viewer.entered_at[slot] = s_.now;
  const auto bit = static_cast<std::uint8_t>(1u << slot);
  viewer.lengths_used |= viewer.lengths & bit;
  Schedule(index, all);
}

void Seeding::Schedule(std::uint32_t index, Mask pieces) {
  Viewer& viewer = s_.viewers[index];
  const core::SwarmView view = s_.View(index);
  if (viewer.uploads) viewer.assumed = AssumedRate(view);
  ForEach(pieces, [&](unsigned number) {
    const core::PieceToAssign piece = ToAssign(index, number);
    // It is known of only when the length is.
    if (piece.piece >= piece.pieces) return;
    const Micros entered = viewer.entered_at[number / kPiecesMax];
    const Duration elapsed = Between(entered, s_.now);
    const auto delay = policy_->SeedDelay(piece, view, elapsed);
    if (!delay || *delay > kTurnMax) return;
    s_.wheel.Add({.at = std::max(s_.now, entered + ToMicros(*delay)),
                  .viewer = index,
                  .kind = Kind::kTurn,
                  .piece = static_cast<std::uint8_t>(number)});
  });
}

void Seeding::OnTurn(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  if ((viewer.missing & Bit(event.piece)) == 0) return;
  if ((viewer.turned & Bit(event.piece)) == 0) {
    const Micros entered = viewer.entered_at[event.piece / kPiecesMax];
    const Duration elapsed = Between(entered, s_.now);
    const auto delay =
        policy_->SeedDelay(ToAssign(event.viewer, event.piece), s_.View(event.viewer), elapsed);
    if (!delay || *delay > kTurnMax) return;
    // What was said at first may be less than the truth; see AssignmentPolicy.
    if (*delay > elapsed) {
      Event again = event;
      again.at = entered + ToMicros(*delay);
      return s_.wheel.Add(again);
    }
    viewer.turned |= Bit(event.piece);
  }
  Look(event.viewer);
}

bool Seeding::HeldBack(std::uint32_t index, unsigned number, std::size_t enough) {
  if (s_.viewers[index].providers[number] >= enough) return true;
  const Micros heard = s_.piece(index, number).heard;
  if (heard == 0) return false;
  // Drawn once for a piece.
  const std::uint64_t drawn = Mix(s_.segment_of(number).sequence, index, number);
  const Duration hold =
      core::Teller::kHoldMin +
      Seconds(ToUnit(drawn) * ToSeconds(core::Teller::kHoldMax - core::Teller::kHoldMin));
  const Micros look_again = heard + ToMicros(hold);
  if (s_.now >= look_again) return false;
  Micros& planned = s_.viewers[index].seed_again;
  if (planned > s_.now && planned <= look_again) return true;
  planned = look_again;
  s_.wheel.Add({.at = look_again,
                .viewer = index,
                .kind = Kind::kTurn,
                .piece = static_cast<std::uint8_t>(number)});
  return true;
}

void Seeding::UseLengths(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  for (unsigned slot = 0; slot < kSegments; ++slot) {
    const auto bit = static_cast<std::uint8_t>(1u << slot);
    const bool fresh = (viewer.lengths & ~viewer.lengths_used & bit) != 0;
    if (!fresh || (viewer.entered & SegmentMask(slot)) == 0) continue;
    viewer.lengths_used |= bit;
    const Mask known_before = (Mask{1} << s_.segments[slot].pieces_before) - 1;
    Schedule(index, viewer.missing & SegmentMask(slot) & ~(known_before << (slot * kPiecesMax)));
  }
}

void Seeding::Look(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  if (viewer.turns_outdated) {
    viewer.turns_outdated = false;
    Schedule(index, viewer.missing & ~viewer.sourced & ~viewer.turned);
  }
  if (viewer.lengths != viewer.lengths_used) UseLengths(index);
  const Mask waiting = viewer.turned & viewer.missing & ~viewer.sourced;
  if (waiting == 0) return;
  const double radius = policy_->Radius(s_.BriefView(index));
  const auto enough = static_cast<std::size_t>(std::max(1.0, radius));
  Mask due = 0;
  ForEach(waiting, [&](unsigned piece) {
    if (!HeldBack(index, piece, enough)) due |= Bit(piece);
  });
  for (unsigned slot = 0; slot < kSegments; ++slot) {
    if ((due & SegmentMask(slot)) == 0) continue;
    fetches_.Ask(index, due & SegmentMask(slot));
  }
  ForEach(due, [&](unsigned piece) {
    ++s_.segment_of(piece).seeded;
    teller_.SeedingBegun(index, piece);
  });
}

}  // namespace shoal::sim::reduced
