#include "client/core/ratio.h"

#include <algorithm>

namespace shoal::core {

std::optional<Duration> RatioPolicy::SeedDelay(const PieceToAssign& piece, const SwarmView&,
                                               Duration) const {
  return Lists(piece.piece) ? std::optional(Duration{}) : std::nullopt;
}

void RatioPolicy::SegmentPlayed(std::span<const PieceOutcome> pieces, const SwarmView& view) {
  if (listed_.size() < pieces.size()) listed_.resize(pieces.size());
  const double join = kAdders / std::max<double>(1, view.swarm_size);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const PieceOutcome& piece = pieces[i];
    if (listed_[i]) {
      if (piece.sent < kLow && random_.Uniform() < kDrop) listed_[i] = false;
    } else if (piece.handed_off && piece.obtained < kLow && random_.Uniform() < join) {
      listed_[i] = true;
    }
  }
}

}  // namespace shoal::core
