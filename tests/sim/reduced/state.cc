#include "tests/sim/reduced/state.h"

#include <algorithm>

namespace shoal::sim::reduced {

std::uint32_t State::PieceSize(unsigned piece) const {
  const Segment& segment = segments[piece / kPiecesMax];
  const std::uint64_t begin = std::uint64_t{piece % kPiecesMax} * core::kPieceSize;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(core::kPieceSize, segment.length - std::min(begin, segment.length)));
}

std::uint32_t State::ChunkSize(unsigned piece, unsigned chunk) const {
  return std::min(kChunk, PieceSize(piece) - chunk * kChunk);
}

std::uint32_t State::Missing(std::uint32_t viewer, unsigned number) {
  const std::uint32_t size = PieceSize(number);
  return size - std::min(size, piece(viewer, number).chunks * kChunk);
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

core::SwarmView State::View(std::uint32_t index) {
  const Viewer& viewer = viewers[index];
  others_.clear();
  if (!all.empty()) {
    for (const core::KnownMember& member : all) {
      if (member.id != viewer.id) others_.push_back(member);
    }
  } else {
    // Who they are makes no difference, only what they upload.
    for (std::size_t i = 0; i < classes.size(); ++i) {
      for (std::uint8_t n = 0; n < viewer.known[i]; ++n) others_.push_back({{}, classes[i]});
    }
  }
  return {.self = viewer.id,
          .own_class = viewer.upload_class,
          .others = others_,
          .swarm_size = viewer.swarm_size,
          .all_known = !all.empty(),
          .late_share = viewer.late.value()};
}

}  // namespace shoal::sim::reduced
