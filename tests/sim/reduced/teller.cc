#include "tests/sim/reduced/teller.h"

#include <algorithm>

#include "client/core/teller.h"

namespace shoal::sim::reduced {
namespace {

constexpr Micros kGrid = ToMicros(core::Teller::kTellGrid);
constexpr Micros kAgeUnit = 50'000;  // as Progress has it

}  // namespace

void Teller::TellWithin(std::uint32_t viewer, unsigned link, Micros after) {
  LinkEnd& end = s_.end(viewer, link);
  if (end.tell_at != 0 && end.tell_at <= s_.now + after) return;
  end.tell_at = ((s_.now + after) / kGrid + 1) * kGrid;
  s_.wheel.Add({.at = end.tell_at,
                .viewer = viewer,
                .mask = end.tell_at,
                .kind = Kind::kTell,
                .link = static_cast<std::uint8_t>(link)});
}

void Teller::TellSoon(std::uint32_t viewer, unsigned link) {
  const LinkEnd& end = s_.end(viewer, link);
  if (end.tell_at != 0 && end.tell_at <= s_.now + ToMicros(core::Teller::kTellAfterMax)) return;
  const Duration after = s_.random.Uniform(core::Teller::kTellAfterMin,
                                           core::Teller::kTellAfterMax - core::Teller::kTellGrid);
  TellWithin(viewer, link, ToMicros(after));
}

void Teller::HasFirst(std::uint32_t index, unsigned piece) {
  const Viewer& viewer = s_.viewers[index];
  if (viewer.uploads) s_.piece(index, piece).heard = s_.now;
  for (unsigned link = 0; link < viewer.links; ++link) {
    LinkEnd& end = s_.end(index, link);
    if ((end.theirs & Bit(piece)) != 0) continue;
    end.news |= Bit(piece);
    TellSoon(index, link);
  }
  PassOn(index, piece);
}

void Teller::PassOn(std::uint32_t index, unsigned number) {
  const Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  if (piece.heard == 0 || viewer.swarm_size <= viewer.links + 1u) return;
  if (s_.now > piece.heard + ToMicros(core::Teller::kHoldMax)) return;
  const Micros news_after = ToMicros(core::Teller::kHoldMin * 6 / 10);
  if (piece.passed_on != 0 && piece.heard < piece.passed_on + news_after) return;
  piece.passed_on = piece.heard;
  const std::size_t share =
      (viewer.links + core::Teller::kGossipFanout - 1) / core::Teller::kGossipFanout;
  std::size_t turn = share <= 1 ? 0 : s_.random.Next() % share;
  for (unsigned link = 0; link < viewer.links; ++link) {
    if (turn++ % std::max<std::size_t>(share, 1) != 0) continue;
    s_.end(index, link).gossip |= Bit(number);
    TellWithin(index, link, ToMicros(core::Teller::kTellGossip));
  }
}

void Teller::Hear(std::uint32_t index, unsigned number, Micros born) {
  Piece& piece = s_.piece(index, number);
  piece.heard = std::max(piece.heard, born);
  PassOn(index, number);
}

void Teller::OnTell(const Event& event) {
  LinkEnd& end = s_.end(event.viewer, event.link);
  if (end.tell_at != event.mask) return;  // it was told sooner
  end.tell_at = 0;
  const Viewer& viewer = s_.viewers[event.viewer];
  const Mask news = end.news & ~end.theirs & viewer.have;
  const Mask gossip = end.gossip & ~end.theirs & ~news & viewer.entered;
  end.news = end.gossip = 0;
  if ((news | gossip) == 0) return;
  const auto pieces = static_cast<std::uint32_t>(__builtin_popcountll(news | gossip));
  const std::uint32_t bytes = kProgressBytes + pieces * kProgressPieceBytes;
  if (news != 0) {
    s_.Message(event.viewer, event.link, bytes, {.mask = news, .kind = Kind::kNews});
  }
  if (gossip != 0) {
    const std::uint32_t rest = news != 0 ? 0 : bytes;  // they are one message
    s_.Message(event.viewer, event.link, rest, {.mask = gossip, .kind = Kind::kGossip});
  }
}

Mask Teller::OnNews(const Event& event) {
  LinkEnd& end = s_.end(event.viewer, event.link);
  end.theirs |= event.mask;
  if (!end.peer_uploads) return 0;
  const Viewer& viewer = s_.viewers[event.viewer];
  ForEach(event.mask & viewer.entered, [&](unsigned piece) { Hear(event.viewer, piece, s_.now); });
  return event.mask & viewer.missing & ~viewer.sourced;
}

void Teller::OnGossip(const Event& event) {
  const std::uint32_t peer = s_.end(event.viewer, event.link).peer;
  ForEach(event.mask & s_.viewers[event.viewer].entered, [&](unsigned piece) {
    // What it heard since it said so makes no difference worth keeping a copy for.
    const Micros born = s_.piece(peer, piece).heard;
    if (born == 0 || born > s_.now) return;
    Hear(event.viewer, piece, s_.now - (s_.now - born) / kAgeUnit * kAgeUnit);
  });
}

}  // namespace shoal::sim::reduced
