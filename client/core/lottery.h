// The capacity-weighted lottery. For every piece each member draws a ticket number that all others
// can compute; low numbers seed first, and members with much upload draw low numbers more often.
//
//   h   first 8 bytes, little-endian, of SHA-256(peer id ‖ segment key ‖ piece index as 4 bytes,
//       little-endian), its upper 53 bits scaled to [0, 1)
//   w   own upload ÷ mean upload of the members whose class is known, oneself included; a class not
//       known counts as the mean; within [0.01, 8]
//   x   −ln(1 − h) / w, an exponential variate of mean 1/w. If all members are known: how many
//       members drew less (equal draws: the smaller id first). If not: times the swarm's size,
//       which estimates that number.
//   R   0.5 + size · late share
//
// A member seeds at once if x ≤ R, otherwise 0.2 s + 0.5 s · log2(x / R) later: when the first ones
// fail, ever more others step in, twice as many each half second. With R = 0.5 and all members known it
// is exactly one who begins. Clients whose pieces keep being handed off late widen R: handing off
// costs the CDN as much as seeding, and nobody else gains by it.
#ifndef SHOAL_CLIENT_CORE_LOTTERY_H_
#define SHOAL_CLIENT_CORE_LOTTERY_H_

#include <limits>
#include <optional>

#include "client/core/assignment.h"

namespace shoal::core {

class LotteryPolicy final : public AssignmentPolicy {
 public:
  static constexpr double kWeightMin = 0.01;
  static constexpr double kWeightMax = 8;
  static constexpr double kRadiusMin = 0.5;
  // What the first ones may learn of the segment later than the others: a poll, and news of it.
  static constexpr Duration kGrace = Milliseconds(200);
  // Time in which the number of members that step in doubles.
  static constexpr Duration kDoubling = Milliseconds(500);

  // Never nullopt.
  std::optional<Duration> SeedDelay(const SegmentKey& segment, PieceIndex piece,
                                    const SwarmView& view, Duration elapsed) const override;
  double Radius(const SwarmView& view) const override;

  // The h of a member, in [0, 1).
  static double Draw(const PeerId& member, const SegmentKey& segment, PieceIndex piece);
  // The x of this client. Where that is a rank, counting ends as soon as it exceeds `enough`.
  static double Position(const SegmentKey& segment, PieceIndex piece, const SwarmView& view,
                         double enough = std::numeric_limits<double>::infinity());
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_LOTTERY_H_
