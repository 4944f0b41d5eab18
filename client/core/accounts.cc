#include "client/core/accounts.h"

#include <vector>

namespace shoal::core {

void Accounts::Sent(const SendData& sent) {
  Segment* segment = s_.table.Find(sent.segment.sequence);
  const auto piece = static_cast<PieceIndex>(sent.segment_offset / kPieceSize);
  if (segment == nullptr || piece >= segment->pieces.size()) return;
  segment->pieces[piece].to_peers += sent.data.size;
}

void Accounts::SegmentPlayed(std::uint64_t played) {
  std::vector<PieceOutcome> outcomes;
  for (auto& [sequence, segment] : s_.table.segments()) {
    if (sequence + kClosedBehind > played) break;
    if (segment.accounted || !segment.settled) continue;
    segment.accounted = true;
    outcomes.clear();
    for (PieceIndex i = 0; i < segment.pieces.size(); ++i) {
      const Piece& piece = segment.pieces[i];
      const double size = segment.PieceSize(i);
      outcomes.push_back({.obtained = piece.from_peers / size,
                          .sent = piece.to_peers / size,
                          .handed_off = piece.handed_off});
    }
    s_.policy->SegmentPlayed(outcomes, s_.View());
  }
}

}  // namespace shoal::core
