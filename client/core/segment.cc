#include "client/core/segment.h"

#include <algorithm>

namespace shoal::core {

bool Segment::SetLength(std::uint64_t new_length, LengthSource source) {
  if (source < length_source || (source == length_source && new_length == length)) return false;
  const bool changed = new_length != length || (source >= LengthSource::kPeer && !length_known());
  length = new_length;
  length_source = source;
  pieces.resize(std::min<std::uint64_t>(PieceCount(new_length), kPiecesPerSegmentMax));
  held = 0;
  complete_pieces = 0;
  for (PieceIndex i = 0; i < pieces.size(); ++i) {
    pieces[i].progress = std::min(pieces[i].progress, PieceSize(i));
    held += pieces[i].progress;
    if (PieceComplete(i)) ++complete_pieces;
  }
  return changed;
}

void Segment::Reset() {
  pieces.assign(pieces.size(), Piece{});
  held = 0;
  complete_pieces = 0;
  started_race = false;
  settled = false;
  accounted = false;
}

void Segment::ForgetLength() {
  Reset();
  pieces.clear();
  length = 0;
  length_source = LengthSource::kNone;
}

void Segment::SetProgress(PieceIndex index, std::uint32_t progress, TimePoint now) {
  Piece& piece = pieces[index];
  const bool was_complete = PieceComplete(index);
  held += progress - piece.progress;
  piece.progress = progress;
  piece.last_byte = now;
  if (!was_complete && PieceComplete(index)) ++complete_pieces;
}

PieceState Segment::StateOf(PieceIndex index) const {
  const Piece& piece = pieces[index];
  const std::uint64_t progress = piece.progress;
  const std::uint64_t size = PieceSize(index);
  if (progress == 0) {
    if (!piece.told_seeding) return PieceState::kNone;
    return piece.fetch != 0 && !piece.told_stalled ? PieceState::kSeeding : PieceState::kStalled;
  }
  if (progress == size) return PieceState::kComplete;  // a full piece is one, whatever follows
  if (piece.told_stalled) return PieceState::kStalled;
  if (progress * 4 >= size * 3) return PieceState::kThreeQuarters;
  if (progress * 2 >= size) return PieceState::kHalf;
  if (progress * 4 >= size) return PieceState::kQuarter;
  return PieceState::kReceiving;
}

std::uint32_t BytesAtLeast(PieceState state, std::uint32_t size) {
  switch (state) {
    case PieceState::kNone:
    case PieceState::kStalled:
    case PieceState::kSeeding:
      return 0;
    case PieceState::kReceiving:
      return std::min<std::uint32_t>(1, size);
    case PieceState::kQuarter:
      return size / 4;
    case PieceState::kHalf:
      return size / 2;
    case PieceState::kThreeQuarters:
      return static_cast<std::uint32_t>(std::uint64_t{size} * 3 / 4);
    case PieceState::kComplete:
      return size;
  }
  return 0;
}

}  // namespace shoal::core
