// The target list: each client keeps a list of piece indices that it seeds, at once, in every new
// segment, and corrects it after each segment by two ratios of every piece:
//
//   first    bytes obtained from peers ÷ piece size. Low, and so handed off: nobody offered the
//            piece. It joins the list with probability kAdders ÷ swarm size, so that of all who
//            missed it a few begin to seed it, not all at once.
//   second   bytes sent to peers ÷ piece size. Low though it was seeded: nobody took it. It leaves
//            the list with probability kDrop, so that of several who seed the same not all stop.
//
// It needs no agreement between clients and no knowledge of members but their number; in exchange it
// learns by trial, at the CDN's expense, and learns again whenever clients come and go.
#ifndef SHOAL_CLIENT_CORE_RATIO_H_
#define SHOAL_CLIENT_CORE_RATIO_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "client/core/assignment.h"
#include "common/random/random.h"

namespace shoal::core {

class RatioPolicy final : public AssignmentPolicy {
 public:
  // A ratio below this is low.
  static constexpr double kLow = 0.5;
  // How many of those who missed a piece are to begin to seed it, on average.
  static constexpr double kAdders = 1.5;
  static constexpr double kDrop = 0.5;

  explicit RatioPolicy(std::uint64_t seed) : random_(seed) {}

  // Zero for pieces on the list, nullopt for others.
  std::optional<Duration> SeedDelay(const PieceToAssign& piece, const SwarmView& view,
                                    Duration elapsed) const override;
  void SegmentPlayed(std::span<const PieceOutcome> pieces, const SwarmView& view) override;
  double Radius(const SwarmView&) const override { return 1; }

  bool Lists(PieceIndex piece) const { return piece < listed_.size() && listed_[piece]; }

 private:
  Random random_;
  std::vector<bool> listed_;  // by piece index
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_RATIO_H_
