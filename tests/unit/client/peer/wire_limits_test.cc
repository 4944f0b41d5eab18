// Each limit of the wire format: kept at it, broken one beyond.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "client/peer/link_limits.h"
#include "client/peer/wire.h"
#include "shoal/v1/peer.pb.h"

namespace shoal::peer {
namespace {

constexpr std::uint64_t kSegmentLengthMax =
    std::uint64_t{core::kPiecesPerSegmentMax} * core::kPieceSize;

WireMessage Decode(const std::string& bytes, std::string* payload = nullptr) {
  absl::string_view view;
  WireMessage message = DecodeMessage(bytes, &view);
  if (payload != nullptr) *payload = std::string(view);
  return message;
}

struct Limit {
  std::string name;
  WireFault fault;
  // A message that takes the limit to its end, and one step further.
  std::function<std::string(bool beyond)> message;
};

std::string Serialized(const std::function<void(v1::LinkMessage&)>& fill) {
  v1::LinkMessage message;
  fill(message);
  return message.SerializeAsString();
}

v1::Hello* GoodHello(v1::LinkMessage& message) {
  message.mutable_hello()->set_protocol_major(1);
  message.mutable_hello()->set_swarm_id(std::string(16, 's'));
  message.mutable_hello()->set_peer_id(std::string(16, 'p'));
  return message.mutable_hello();
}

std::vector<Limit> Limits() {
  using Message = v1::LinkMessage;
  const auto serialized = [](void (*fill)(Message&, int)) {
    return [fill](bool beyond) {
      return Serialized([&](Message& message) { fill(message, beyond ? 1 : 0); });
    };
  };
  return {
      {"SwarmIdLong", WireFault::kSwarmId, serialized([](Message& m, int more) {
         GoodHello(m)->set_swarm_id(std::string(static_cast<std::size_t>(16 + more), 's'));
       })},
      {"SwarmIdShort", WireFault::kSwarmId, serialized([](Message& m, int more) {
         GoodHello(m)->set_swarm_id(std::string(static_cast<std::size_t>(16 - more), 's'));
       })},
      {"PeerIdLong", WireFault::kPeerId, serialized([](Message& m, int more) {
         GoodHello(m)->set_peer_id(std::string(static_cast<std::size_t>(16 + more), 'p'));
       })},
      {"PeerIdZero", WireFault::kPeerId, serialized([](Message& m, int more) {
         GoodHello(m)->set_peer_id(std::string(16, static_cast<char>(1 - more)));
       })},
      {"Port", WireFault::kPort, serialized([](Message& m, int more) {
         GoodHello(m)->set_port(static_cast<std::uint32_t>(65535 + more));
       })},
      {"Segments", WireFault::kSegmentCount, serialized([](Message& m, int more) {
         for (int i = 0; i < 64 + more; ++i) m.mutable_progress()->add_segments();
       })},
      {"SegmentLength", WireFault::kSegmentLength, serialized([](Message& m, int more) {
         m.mutable_progress()->add_segments()->set_segment_length(kSegmentLengthMax +
                                                                  static_cast<std::uint64_t>(more));
       })},
      {"SegmentLengthHuge", WireFault::kSegmentLength, serialized([](Message& m, int more) {
         m.mutable_progress()->add_segments()->set_segment_length(more ? UINT64_MAX : 0);
       })},
      {"CompleteAndDropped", WireFault::kSegmentState, serialized([](Message& m, int more) {
         auto* segment = m.mutable_progress()->add_segments();
         segment->set_complete(true);
         segment->set_dropped(more == 1);
       })},
      {"CompleteWithPieces", WireFault::kSegmentState, serialized([](Message& m, int more) {
         auto* segment = m.mutable_progress()->add_segments();
         segment->set_complete(true);
         if (more == 1) segment->add_pieces(1);
       })},
      {"Pieces", WireFault::kPieceCount, serialized([](Message& m, int more) {
         auto* segment = m.mutable_progress()->add_segments();
         for (int i = 0; i < 4096 + more; ++i) segment->add_pieces(8);
       })},
      {"Gossip", WireFault::kPieceCount, serialized([](Message& m, int more) {
         auto* segment = m.mutable_progress()->add_segments();
         for (int i = 0; i < 4096 + more; ++i) segment->add_gossip(64);
       })},
      {"PieceIndex", WireFault::kPieceIndex, serialized([](Message& m, int more) {
         m.mutable_progress()->add_segments()->add_pieces(
             static_cast<std::uint32_t>((4095 + more) * 8 + 5));
       })},
      {"PieceIndexBeyondLength", WireFault::kPieceIndex, serialized([](Message& m, int more) {
         auto* segment = m.mutable_progress()->add_segments();
         segment->set_segment_length(3 * core::kPieceSize);
         segment->add_pieces(static_cast<std::uint32_t>((2 + more) * 8));
       })},
      {"GossipIndex", WireFault::kPieceIndex, serialized([](Message& m, int more) {
         m.mutable_progress()->add_segments()->add_gossip(
             static_cast<std::uint32_t>((4095 + more) * 64 + 63 * (1 - more)));
       })},
      {"PullPiece", WireFault::kPieceIndex, serialized([](Message& m, int more) {
         m.mutable_pull()->set_piece_index(static_cast<std::uint32_t>(4095 + more));
       })},
      {"PullOffset", WireFault::kOffset, serialized([](Message& m, int more) {
         m.mutable_pull()->set_from(static_cast<std::uint32_t>(61439 + more));
       })},
      {"PayloadLong", WireFault::kPayloadSize, serialized([](Message& m, int more) {
         m.mutable_data()->set_payload(std::string(static_cast<std::size_t>(16384 + more), 'x'));
       })},
      {"PayloadNone", WireFault::kPayloadSize, serialized([](Message& m, int more) {
         m.mutable_data()->set_payload(std::string(static_cast<std::size_t>(1 - more), 'x'));
       })},
      {"DataOffset", WireFault::kOffset, serialized([](Message& m, int more) {
         m.mutable_data()->set_offset(static_cast<std::uint32_t>(61430 + more));
         m.mutable_data()->set_payload("0123456789");
       })},
      {"DataOffsetHuge", WireFault::kOffset, serialized([](Message& m, int more) {
         m.mutable_data()->set_offset(more ? UINT32_MAX : 0);
         m.mutable_data()->set_payload("0123456789");
       })},
      {"ByeDetail", WireFault::kByeDetail, serialized([](Message& m, int more) {
         m.mutable_bye()->set_detail(std::string(static_cast<std::size_t>(200 + more), 'x'));
       })},
      {"ByeNotUtf8", WireFault::kUnparsable,
       [](bool beyond) {
         return std::string(beyond ? "\x42\x03\x12\x01\xff" : "\x42\x03\x12\x01x");
       }},
      {"VarintTooLong", WireFault::kUnparsable,
       [](bool beyond) {
         // Ack with a varint of ten bytes, and of eleven.
         return std::string("\x2a") + (beyond ? "\x0c" : "\x0b") + "\x08" +
                std::string(beyond ? 10 : 9, '\xff') + "\x01";
       }},
      {"DataNumberTooLarge", WireFault::kUnparsable,
       [](bool beyond) {
         // pull_id 2^32 - 1, and 2^32 + 2^28.
         return std::string("\x22\x09\x08\xff\xff\xff\xff") + (beyond ? "\x11" : "\x0f") +
                "\x1a\x01x";
       }},
      {"MessageSize", WireFault::kMessageSize,
       [](bool beyond) {
         // Progress with an unknown field 15 that fills the message.
         const std::size_t filling = kMessageBytesMax - 8 + (beyond ? 1 : 0);
         std::string bytes = "\x12";
         const auto varint = [&bytes](std::size_t n) {
           bytes += {static_cast<char>(n | 128), static_cast<char>((n >> 7) | 128),
                     static_cast<char>(n >> 14)};
         };
         varint(filling + 4);
         bytes += "\x7a";
         varint(filling);
         return bytes + std::string(filling, 'x');
       }},
      {"NothingKnown", WireFault::kNoBody,
       [](bool beyond) { return std::string(beyond ? "\x7a\x00" : "\x12\x00", 2); }},
      {"Truncated", WireFault::kUnparsable,
       [](bool beyond) { return std::string("\x12\x02\x0a\x00", beyond ? 3 : 4); }},
  };
}

class WireLimitTest : public testing::TestWithParam<Limit> {};

TEST_P(WireLimitTest, HoldsAtTheLimit) {
  const WireMessage message = Decode(GetParam().message(false));
  const auto* refused = std::get_if<Refused>(&message);
  EXPECT_EQ(refused, nullptr) << refused->detail;
}

TEST_P(WireLimitTest, BreaksOneBeyondIt) {
  std::string payload;
  const WireMessage message = Decode(GetParam().message(true), &payload);
  const auto* refused = std::get_if<Refused>(&message);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->fault, GetParam().fault) << refused->detail;
  EXPECT_FALSE(refused->detail.empty());
  EXPECT_TRUE(payload.empty());
}

INSTANTIATE_TEST_SUITE_P(All, WireLimitTest, testing::ValuesIn(Limits()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace shoal::peer
