#include "tests/sim/reduced/fetches.h"

#include "client/core/teller.h"

namespace shoal::sim::reduced {

void Fetches::Ask(std::uint32_t index, Mask pieces) {
  Viewer& viewer = s_.viewers[index];
  while (pieces != 0) {
    const auto first = static_cast<unsigned>(__builtin_ctzll(pieces));
    unsigned limit = first;
    do {
      Piece& piece = s_.piece(index, limit);
      piece.source = kCdn;
      piece.asked = s_.now;
      piece.wound_down = 0;
      piece.check_at = s_.now + ToMicros(core::Teller::kStalledAfter);
      ++piece.pull;
      viewer.sourced |= Bit(limit);
      s_.wheel.Add({.at = piece.check_at,
                    .viewer = index,
                    .kind = Kind::kCheck,
                    .piece = static_cast<std::uint8_t>(limit),
                    .pull = piece.pull});
      pieces &= ~Bit(limit);
      ++limit;
    } while (limit < kPieces && (pieces & Bit(limit)) != 0 && s_.piece(index, limit).chunks == 0);
    const unsigned slot = first / kPiecesMax;
    const std::uint64_t begin = std::uint64_t{first % kPiecesMax} * core::kPieceSize;
    const std::uint64_t last = std::uint64_t{(limit - 1) % kPiecesMax} * core::kPieceSize;
    const ByteRange range = {begin + s_.piece(index, first).chunks * kChunk,
                             last + s_.PieceSize(limit - 1)};
    const Segment& segment = s_.segments[slot];
    fetches_[++last_] = {.sequence = segment.sequence, .next = range.begin, .slot = slot};
    viewer.cdn.Started(last_, ToTime(s_.now));
    cdn_.Start({.name = {.viewer = index, .id = last_},
                .rendition = 0,
                .sequence = segment.sequence,
                .range = range});
  }
}

void Fetches::OnHead(const TransferName& name) {
  const auto found = fetches_.find(name.id);
  if (found == fetches_.end()) return;
  Viewer& viewer = s_.viewers[name.viewer];
  viewer.cdn.Responded(name.id, ToTime(s_.now));
  // The answer says how long the segment is.
  viewer.lengths |= static_cast<std::uint8_t>(1u << found->second.slot);
}

void Fetches::OnFinished(const TransferName& name) {
  s_.viewers[name.viewer].cdn.Finished(name.id, ToTime(s_.now));
  fetches_.erase(name.id);
}

}  // namespace shoal::sim::reduced
