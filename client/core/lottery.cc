#include "client/core/lottery.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "common/base/sha256.h"

namespace shoal::core {

namespace {

// Mean upload of the members whose class is known, in bytes per second; 0 if none is.
double MeanUpload(const SwarmView& view) {
  double sum = 0;
  std::size_t count = 0;
  const auto add = [&sum, &count](UploadClass upload_class) {
    if (upload_class == kUploadUnknown) return;
    sum += UploadBytesPerSecond(upload_class);
    ++count;
  };
  add(view.own_class);
  for (const KnownMember& member : view.others) add(member.upload_class);
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

double Weight(UploadClass upload_class, double mean) {
  // If nobody can upload, or nobody knows, all are alike.
  if (upload_class == kUploadUnknown || mean <= 0) return 1;
  return std::clamp(UploadBytesPerSecond(upload_class) / mean, LotteryPolicy::kWeightMin,
                    LotteryPolicy::kWeightMax);
}

double SwarmSize(const SwarmView& view) {
  return static_cast<double>(std::max<std::size_t>(view.swarm_size, view.others.size() + 1));
}

}  // namespace

double LotteryPolicy::DrawSegment(const PeerId& member, const SegmentKey& segment) {
  const Sha256Digest digest = Sha256({member.bytes(), segment.bytes()});
  std::uint64_t h = 0;
  for (int i = 7; i >= 0; --i) h = h << 8 | digest[static_cast<std::size_t>(i)];
  return static_cast<double>(h >> 11) * 0x1.0p-53;
}

double LotteryPolicy::Turned(double drawn, const PieceToAssign& piece) {
  const double turned =
      drawn + static_cast<double>(piece.piece) / static_cast<double>(piece.pieces);
  return turned - std::floor(turned);
}

double LotteryPolicy::Draw(const PeerId& member, const PieceToAssign& piece) {
  return Turned(DrawSegment(member, piece.segment), piece);
}

double LotteryPolicy::OwnDraw(const PieceToAssign& piece, const SwarmView& view) const {
  for (std::size_t i = 0; i < drawn_count_; ++i) {
    const Drawn& drawn = drawn_[i];
    if (drawn.segment == piece.segment && drawn.member == view.self) return Turned(drawn.h, piece);
  }
  const double h = DrawSegment(view.self, piece.segment);
  drawn_[drawn_next_] = {view.self, piece.segment, h};
  drawn_next_ = (drawn_next_ + 1) % kDrawnMax;
  drawn_count_ = std::min(drawn_count_ + 1, kDrawnMax);
  return Turned(h, piece);
}

double LotteryPolicy::Position(const PieceToAssign& piece, const SwarmView& view, double enough) {
  return PositionOf(Draw(view.self, piece), piece, view, enough);
}

double LotteryPolicy::PositionOf(double own_draw, const PieceToAssign& piece, const SwarmView& view,
                                 double enough) {
  const double mean = MeanUpload(view);
  const auto ticket = [mean](double draw, UploadClass upload_class) {
    return -std::log1p(-draw) / Weight(upload_class, mean);
  };
  const double own = ticket(own_draw, view.own_class);
  if (!view.all_known) return own * SwarmSize(view);
  double rank = 0;
  for (const KnownMember& member : view.others) {
    if (rank > enough) break;
    const double other = ticket(Draw(member.id, piece), member.upload_class);
    if (std::tie(other, member.id) < std::tie(own, view.self)) ++rank;
  }
  return rank;
}

std::optional<Duration> LotteryPolicy::SeedDelay(const PieceToAssign& piece, const SwarmView& view,
                                                 Duration elapsed) const {
  if (view.all_known || view.late_share > kLateMax || piece.before == SeededBefore::kNobody) {
    return Turn(piece, view, elapsed);
  }
  if (piece.before == SeededBefore::kSelf) {
    return Seconds(ToSeconds(IncumbentSpread(piece.duration)) * OwnDraw(piece, view));
  }
  const Duration grace = IncumbentGrace(piece.duration);
  if (elapsed < grace) return grace;
  return grace + Turn(piece, view, elapsed - grace);
}

Duration LotteryPolicy::Turn(const PieceToAssign& piece, const SwarmView& view,
                             Duration elapsed) const {
  const double radius = Radius(view);
  const Pace pace = view.all_known ? kAllKnown : kSomeKnown;
  const auto delay_of = [radius, pace](double position) {
    const double ratio = position / radius;
    return ratio <= 1 ? Duration{}
                      : pace.grace + Seconds(ToSeconds(pace.doubling) * std::log2(ratio));
  };
  // Hashes are dear. Most pieces come long before this client's turn, so its rank is worked out
  // only as far as it takes to know that the turn has not come.
  const Duration doubled = std::max(elapsed - pace.grace, Duration{});
  double reached = std::floor(radius * std::exp2(ToSeconds(doubled) / ToSeconds(pace.doubling)));
  while (reached < SwarmSize(view) && delay_of(reached + 1) <= elapsed) ++reached;  // by rounding
  return delay_of(PositionOf(OwnDraw(piece, view), piece, view, reached));
}

double LotteryPolicy::Radius(const SwarmView& view) const {
  return kRadiusMin + kPerLate * SwarmSize(view) * std::clamp(view.late_share, 0.0, 1.0);
}

}  // namespace shoal::core
