#include "tests/sim/world/message_size.h"

#include <algorithm>
#include <bit>

#include "common/base/overloaded.h"

namespace shoal::sim {
namespace {

constexpr std::uint32_t kTag = 1;       // of any field numbered below 16
constexpr std::uint32_t kKeyField = 9;  // tag and fixed64
// As in client/peer/wire.cc, where a Progress is cut in two.
constexpr std::size_t kProgressBytes = 36 * 1024;

std::uint32_t Varint(std::uint64_t value) {
  return (static_cast<std::uint32_t>(std::bit_width(value | 1)) + 6) / 7;
}

std::uint32_t NumberField(std::uint64_t value) { return value == 0 ? 0 : kTag + Varint(value); }

std::uint32_t Nested(std::uint32_t size) { return kTag + Varint(size) + size; }

std::uint32_t KeyField(const SegmentKey& key) { return key == SegmentKey() ? 0 : kKeyField; }

std::uint32_t Body(const core::SegmentProgress& segment) {
  std::uint32_t size = KeyField(segment.key) + NumberField(segment.length) +
                       2 * (std::uint32_t{segment.complete} + std::uint32_t{segment.dropped});
  std::uint32_t list = 0;
  for (const core::PieceNews& news : segment.pieces) {
    list += Varint(news.piece * 8 + static_cast<std::uint32_t>(news.state));
  }
  if (!segment.pieces.empty()) size += Nested(list);
  list = 0;
  for (const core::PieceGossip& gossip : segment.gossip) {
    list += Varint(gossip.piece * 64 + std::min(gossip.age_units, core::kGossipAgeUnitsMax));
  }
  if (!segment.gossip.empty()) size += Nested(list);
  return size;
}

WireSize OfProgress(const core::Progress& progress) {
  WireSize total{.messages = 0};
  std::size_t next = 0;
  do {
    std::uint32_t body = 0;
    if (total.messages == 0 && progress.upload_class) {
      body += NumberField(*progress.upload_class + 1u);
    }
    std::size_t bound = 0;
    std::size_t segments = 0;
    while (next < progress.segments.size() && bound < kProgressBytes &&
           segments < core::kSegmentsPerProgressMax) {
      const core::SegmentProgress& segment = progress.segments[next++];
      bound += 48 + 3 * (segment.pieces.size() + segment.gossip.size());
      body += Nested(Body(segment));
      ++segments;
    }
    ++total.messages;
    total.bytes += Nested(body);
  } while (next < progress.segments.size());
  return total;
}

}  // namespace

WireSize SizeOf(const core::Data& data) {
  const std::uint32_t body = NumberField(data.pull) + NumberField(data.offset) + Nested(data.size);
  return {.bytes = Nested(body)};
}

WireSize SizeOf(const core::LinkMessage& message) {
  return std::visit(
      Overloaded{
          [](const core::Progress& m) { return OfProgress(m); },
          [](const core::Pull& m) {
            const std::uint32_t body =
                NumberField(m.pull) + KeyField(m.key) + NumberField(m.piece) + NumberField(m.from);
            return WireSize{.bytes = Nested(body)};
          },
          [](const core::Data& m) { return SizeOf(m); },
          [](const core::Ack& m) {
            return WireSize{.bytes = Nested(NumberField(m.bytes) + NumberField(m.received_ms))};
          },
          [](const core::Reject& m) {
            const std::uint32_t body = NumberField(m.pull) +
                                       NumberField(static_cast<std::uint32_t>(m.reason)) +
                                       NumberField(m.retry_after_ms);
            return WireSize{.bytes = Nested(body)};
          },
          [](const core::Cancel& m) { return WireSize{.bytes = Nested(NumberField(m.pull))}; },
      },
      message);
}

WireSize SizeOfHello(UploadClass upload_class, std::uint16_t port) {
  const std::uint32_t body = NumberField(core::kProtocolMajor) + Nested(SwarmId::kSize) +
                             Nested(PeerId::kSize) + NumberField(upload_class) + NumberField(port);
  return {.bytes = Nested(body)};
}

WireSize SizeOfBye(core::ByeReason reason) {
  return {.bytes = Nested(NumberField(static_cast<std::uint32_t>(reason)))};
}

}  // namespace shoal::sim
