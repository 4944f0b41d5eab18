// The capacity-weighted lottery. For every piece each member draws a ticket number that all others
// can compute; low numbers seed first, and members with much upload draw low numbers more often.
//
//   h   of piece q of a segment of P pieces: the fractional part of u + q / P, where u is the first 8
//       bytes, little-endian, of SHA-256(peer id ‖ segment key), their upper 53 bits scaled to [0, 1)
//   w   own upload ÷ mean upload of the members whose class is known, oneself included; a class not
//       known counts as the mean; within [0.01, 8]
//   x   −ln(1 − h) / w, an exponential variate of mean 1/w. If all members are known: how many
//       members drew less (equal draws: the smaller id first). If not: times the swarm's size,
//       which estimates that number.
//   R   0.5 + 2 · size · late share
//
// One draw for each segment, turned from piece to piece, gives each piece the same distribution as a
// draw of its own, and members independent of each other; but what one member seeds lies side by side,
// and is one request to the CDN. Members that do not agree on P yet (the length is not known) only
// disagree on who comes first.
//
// A member seeds at once if x ≤ R, otherwise later by a grace and a time for each doubling of x / R:
// when the first ones fail, ever more others step in. With R = 0.5 and all members known it is exactly
// one who begins, so there is time (0.2 s + 0.5 s · log2(x / R)). If not all are known it is often
// nobody, and whoever is next must not wait long, for the piece has a way to go yet (0.05 s +
// 0.35 s · log2(x / R)).
//
// Where not all are known, a draw for each segment seeds some pieces twice and some not at once. So
// whoever seeded a piece stays on as the incumbent: it seeds the piece of the same number of the next
// segment, too, and a swarm that stays together takes about one copy from the CDN. It begins at a
// moment that is drawn for each segment (h · spread after it entered the window): of two incumbents
// one soon hears of the other in time, holds back, and is none any more. News take 0.3 s to reach
// everybody in a swarm of hundreds, so the spread is twice that, but at most 0.3 segments. Everybody
// else waits for a grace on top of the above (1 s, at most half a segment), unless nobody had that
// piece of the segment before. While more than kLateMax of the pieces come too late one copy is not
// enough, and there are no incumbents.
//
// Clients whose pieces keep being handed off late widen R: handing off costs the CDN as much as
// seeding, and nobody else gains by it. Twice as many as were late: then half as many are late at
// last, and what is seeded early is requested in one, and can be pulled for longer.
#ifndef SHOAL_CLIENT_CORE_LOTTERY_H_
#define SHOAL_CLIENT_CORE_LOTTERY_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>

#include "client/core/assignment.h"

namespace shoal::core {

class LotteryPolicy final : public AssignmentPolicy {
 public:
  static constexpr double kWeightMin = 0.01;
  static constexpr double kWeightMax = 8;
  static constexpr double kRadiusMin = 0.5;
  static constexpr double kPerLate = 2;
  // How seeding goes on when the first ones fail.
  struct Pace {
    // What the first ones may learn of the segment later than the others: a poll, and news of it.
    Duration grace;
    // Time in which the number of members that step in doubles.
    Duration doubling;
  };
  static constexpr Pace kAllKnown = {Milliseconds(200), Milliseconds(500)};
  static constexpr Pace kSomeKnown = {Milliseconds(50), Milliseconds(350)};
  static constexpr double kLateMax = 0.005;
  // Within what time incumbents begin, and how long all others wait, by the segment's duration.
  static constexpr Duration IncumbentSpread(Duration segment) {
    return std::min(Milliseconds(600), segment * 3 / 10);
  }
  static constexpr Duration IncumbentGrace(Duration segment) {
    return std::min(Milliseconds(1000), segment / 2);
  }

  // Never nullopt.
  std::optional<Duration> SeedDelay(const PieceToAssign& piece, const SwarmView& view,
                                    Duration elapsed) const override;
  double Radius(const SwarmView& view) const override;

  // The h of a member, in [0, 1).
  static double Draw(const PeerId& member, const PieceToAssign& piece);
  // The x of this client. Where that is a rank, counting ends as soon as it exceeds `enough`.
  static double Position(const PieceToAssign& piece, const SwarmView& view,
                         double enough = std::numeric_limits<double>::infinity());

 private:
  // The draw of a segment before it is turned: h of its first piece.
  struct Drawn {
    PeerId member;
    SegmentKey segment;
    double h = 0;
  };
  // As many as a window has segments.
  static constexpr std::size_t kDrawnMax = 8;

  static double DrawSegment(const PeerId& member, const SegmentKey& segment);
  static double Turned(double drawn, const PieceToAssign& piece);
  static double PositionOf(double own_draw, const PieceToAssign& piece, const SwarmView& view,
                           double enough);
  // Draw(view.self, piece), of which the hash is worked out once for each segment.
  double OwnDraw(const PieceToAssign& piece, const SwarmView& view) const;
  // When this client's turn comes if nobody is the incumbent.
  Duration Turn(const PieceToAssign& piece, const SwarmView& view, Duration elapsed) const;

  // Remembered; changes no answer.
  mutable std::array<Drawn, kDrawnMax> drawn_;
  mutable std::size_t drawn_count_ = 0;
  mutable std::size_t drawn_next_ = 0;  // to be overwritten
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_LOTTERY_H_
