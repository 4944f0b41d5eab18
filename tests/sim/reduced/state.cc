#include "tests/sim/reduced/state.h"

#include <algorithm>

#include "tests/sim/reduced/huge_pages.h"

namespace shoal::sim::reduced {

void State::AddLinks(unsigned most) {
  links_max = most;
  const std::size_t count = viewers.size() * most;
  FillHuge(ends, count);
  FillHuge(unacked_of, count);
  FillHuge(news_of, count);
  FillHuge(gossip_of, count);
  FillHuge(tell_at_of, count);
}

std::uint32_t State::PieceSize(unsigned piece) const {
  const Segment& segment = segments[piece / kPiecesMax];
  const std::uint64_t begin = std::uint64_t{piece % kPiecesMax} * core::kPieceSize;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(core::kPieceSize, segment.length - std::min(begin, segment.length)));
}

std::uint32_t State::ChunkSize(unsigned piece, unsigned chunk, unsigned n) const {
  return std::min(n * kChunk, PieceSize(piece) - chunk * kChunk);
}

std::uint32_t State::Missing(std::uint32_t viewer, unsigned number) {
  const std::uint32_t size = PieceSize(number);
  return size - std::min(size, piece(viewer, number).chunks * kChunk);
}

PieceState State::StateOf(std::uint32_t viewer, unsigned number) {
  const Piece& p = piece(viewer, number);
  if (p.chunks == 0) {
    if (!p.told_seeding) return PieceState::kNone;
    return p.source == kCdn && !p.told_stalled ? PieceState::kSeeding : PieceState::kStalled;
  }
  const unsigned all = Chunks(number);
  if (p.chunks >= all) return PieceState::kComplete;
  if (p.told_stalled) return PieceState::kStalled;
  if (p.chunks * 4u >= all * 3u) return PieceState::kThreeQuarters;
  if (p.chunks * 2u >= all) return PieceState::kHalf;
  return p.chunks * 4u >= all ? PieceState::kQuarter : PieceState::kReceiving;
}

Micros State::Send(std::uint32_t viewer, unsigned link, std::uint32_t bytes) {
  LinkEnd& to = end(viewer, link);
  const TimePoint sent = network.up(viewer).Enqueue(ToTime(now), bytes);
  const TimePoint arrives = network.Arrival(viewer, to.peer, sent, bytes);
  to.last_arrival = std::max(to.last_arrival, ToMicros(arrives.time_since_epoch()));
  return to.last_arrival;
}

void State::Message(std::uint32_t viewer, unsigned link, std::uint32_t bytes, Event event) {
  event.at = Send(viewer, link, bytes);
  event.viewer = end(viewer, link).peer;
  event.link = end(viewer, link).back;
  wheel.Add(event);
}

core::SwarmView State::BriefView(std::uint32_t index) const {
  const Viewer& viewer = viewers[index];
  return {.self = viewer.id,
          .own_class = upload_classes[index],
          .others = {},
          .swarm_size = static_cast<std::uint32_t>(viewers.size()),
          .all_known = all_known,
          .late_share = viewer.late.value()};
}

core::SwarmView State::View(std::uint32_t index) {
  const Viewer& viewer = viewers[index];
  others_.clear();
  if (all_known) {
    for (std::uint32_t i = 0; i < viewers.size(); ++i) {
      if (i != index) others_.push_back({viewers[i].id, upload_classes[i]});
    }
  } else {
    // Who they are makes no difference, only what they upload.
    for (unsigned link = 0; link < viewer.links; ++link) {
      others_.push_back({{}, upload_classes[end(index, link).peer]});
    }
  }
  core::SwarmView view = BriefView(index);
  view.others = others_;
  return view;
}

}  // namespace shoal::sim::reduced
