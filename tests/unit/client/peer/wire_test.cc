#include "client/peer/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/peer/data_codec.h"
#include "client/peer/link_limits.h"
#include "common/random/random.h"
#include "shoal/v1/peer.pb.h"

namespace shoal::peer {
namespace {

constexpr std::uint64_t kSegmentLengthMax =
    std::uint64_t{core::kPiecesPerSegmentMax} * core::kPieceSize;

SwarmId Swarm(char c) { return *SwarmId::FromBytes(std::string(16, c)); }
PeerId Peer(char c) { return *PeerId::FromBytes(std::string(16, c)); }
SegmentKey Key(char c) { return *SegmentKey::FromBytes(std::string(8, c)); }

WireMessage Decode(const std::string& bytes, std::string* payload = nullptr) {
  absl::string_view view;
  WireMessage message = DecodeMessage(bytes, &view);
  if (payload != nullptr) *payload = std::string(view);
  return message;
}

// The message that `bytes` hold; a test failure and an Ack of 0 if they hold none.
core::LinkMessage DecodeLinkMessage(const std::string& bytes) {
  const WireMessage message = Decode(bytes);
  const auto* link_message = std::get_if<core::LinkMessage>(&message);
  if (link_message != nullptr) return *link_message;
  const auto* refused = std::get_if<Refused>(&message);
  ADD_FAILURE() << "no link message: " << (refused ? refused->detail : "Hello or Bye");
  return core::Ack{};
}

std::string EncodeData(const core::Data& data, const std::string& payload) {
  const DataHeader header = EncodeDataHeader(data);
  return std::string(reinterpret_cast<const char*>(header.bytes.data()), header.size) + payload;
}

// ---- What is said is what is heard --------------------------------------------------------------

TEST(WireTest, HelloRoundTrip) {
  const Hello hello{1, Swarm('s'), Peer('p'), 13, 65535};
  EXPECT_EQ(std::get<Hello>(Decode(EncodeHello(hello))), hello);
}

TEST(WireTest, HelloOfAnotherMajorVersionSaysOnlyThat) {
  v1::LinkMessage message;
  message.mutable_hello()->set_protocol_major(2);
  message.mutable_hello()->set_swarm_id("of another length");
  const WireMessage decoded = Decode(message.SerializeAsString());
  EXPECT_EQ(std::get<Hello>(decoded).protocol_major, 2u);
}

TEST(WireTest, UploadClassOutOfRangeCountsAsNotKnown) {
  v1::LinkMessage message;
  message.ParseFromString(EncodeHello({1, Swarm('s'), Peer('p'), 1, 1}));
  message.mutable_hello()->set_upload_class(32);
  EXPECT_EQ(std::get<Hello>(Decode(message.SerializeAsString())).upload_class, kUploadUnknown);
}

TEST(WireTest, ByeRoundTrip) {
  const Bye bye{core::ByeReason::kDuplicate, "two links"};
  EXPECT_EQ(std::get<Bye>(Decode(EncodeBye(bye))), bye);
}

TEST(WireTest, ByeDetailIsCutAndMadePrintable) {
  const std::string detail = "\n\xff" + std::string(300, 'x');
  const WireMessage decoded = Decode(EncodeBye({core::ByeReason::kMisbehaved, detail}));
  EXPECT_EQ(std::get<Bye>(decoded).detail, "??" + std::string(core::kByeDetailMax - 2, 'x'));
}

TEST(WireTest, ReasonsOfLaterVersionsBecomeUnspecified) {
  v1::LinkMessage bye;
  bye.mutable_bye()->set_reason(static_cast<v1::ByeReason>(77));
  EXPECT_EQ(std::get<Bye>(Decode(bye.SerializeAsString())).reason, core::ByeReason::kUnspecified);
  v1::LinkMessage reject;
  reject.mutable_reject()->set_reason(static_cast<v1::RejectReason>(-1));
  EXPECT_EQ(std::get<core::Reject>(DecodeLinkMessage(reject.SerializeAsString())).reason,
            core::RejectReason::kUnspecified);
}

TEST(WireTest, ProgressRoundTrip) {
  core::Progress progress;
  progress.upload_class = kUploadNone;
  progress.segments.push_back(
      {.key = *SegmentKey::FromBytes("\x01\x02\x03\x04\xf5\xf6\xf7\xf8"),
       .length = kSegmentLengthMax,
       .pieces = {{0, core::PieceState::kNone}, {4095, core::PieceState::kStalled}},
       .gossip = {{4095, 63}, {7, 0}}});
  progress.segments.push_back({.key = Key('c'), .length = 1, .complete = true});
  progress.segments.push_back({.key = Key('d'), .dropped = true, .gossip = {{3, 4}}});
  const auto encoded = EncodeControl(progress);
  ASSERT_EQ(encoded.size(), 1u);
  const auto decoded = std::get<core::Progress>(DecodeLinkMessage(encoded[0]));
  EXPECT_EQ(decoded.segments, progress.segments);
  EXPECT_EQ(decoded.upload_class, kUploadNone);
}

TEST(WireTest, EmptyProgressIsOneMessage) {
  const auto encoded = EncodeControl(core::Progress{});
  ASSERT_EQ(encoded.size(), 1u);
  const auto decoded = std::get<core::Progress>(DecodeLinkMessage(encoded[0]));
  EXPECT_TRUE(decoded.segments.empty());
  EXPECT_FALSE(decoded.upload_class.has_value());
}

TEST(WireTest, SegmentKeyTravelsInTheOrderOfItsBytes) {
  core::Pull pull;
  pull.key = *SegmentKey::FromBytes("abcdefgh");
  EXPECT_THAT(EncodeControl(pull)[0], testing::HasSubstr("abcdefgh"));
}

TEST(WireTest, ControlMessagesRoundTrip) {
  const auto round_trip = [](const core::LinkMessage& message) {
    return DecodeLinkMessage(EncodeControl(message)[0]);
  };
  const auto pull = std::get<core::Pull>(
      round_trip(core::Pull{UINT32_MAX, Key('k'), 4095, core::kPieceSize - 1}));
  EXPECT_EQ(pull.pull, UINT32_MAX);
  EXPECT_EQ(pull.key, Key('k'));
  EXPECT_EQ(pull.piece, 4095u);
  EXPECT_EQ(pull.from, core::kPieceSize - 1);
  EXPECT_EQ(std::get<core::Ack>(round_trip(core::Ack{})).bytes, 0u);
  const auto ack = std::get<core::Ack>(round_trip(core::Ack{UINT32_MAX, UINT16_MAX}));
  EXPECT_EQ(ack.bytes, UINT32_MAX);
  EXPECT_EQ(ack.received_ms, UINT16_MAX);
  EXPECT_EQ(std::get<core::Cancel>(round_trip(core::Cancel{9})).pull, 9u);
  const auto reject =
      std::get<core::Reject>(round_trip(core::Reject{7, core::RejectReason::kNoUpload, 250}));
  EXPECT_EQ(reject.pull, 7u);
  EXPECT_EQ(reject.reason, core::RejectReason::kNoUpload);
  EXPECT_EQ(reject.retry_after_ms, 250u);
}

TEST(WireTest, LargeProgressIsSentInPartsThatSayTheSame) {
  core::Progress progress;
  progress.upload_class = 20;
  for (int s = 0; s < 150; ++s) {
    core::SegmentProgress segment;
    segment.key = *SegmentKey::FromBytes("segment" + std::string(1, static_cast<char>(s)));
    for (core::PieceIndex piece = 0; piece < (s % 50 == 0 ? 4096u : 40u); ++piece) {
      segment.pieces.push_back({piece, core::PieceState::kComplete});
      segment.gossip.push_back({piece, 63});
    }
    progress.segments.push_back(std::move(segment));
  }
  core::Progress heard;
  for (const std::string& part : EncodeControl(progress)) {
    ASSERT_LE(part.size(), kMessageBytesMax);
    auto decoded = std::get<core::Progress>(DecodeLinkMessage(part));
    if (decoded.upload_class) {
      EXPECT_FALSE(heard.upload_class.has_value()) << "said twice";
      heard.upload_class = decoded.upload_class;
    }
    for (auto& segment : decoded.segments) heard.segments.push_back(std::move(segment));
  }
  EXPECT_EQ(heard.segments, progress.segments);
  EXPECT_EQ(heard.upload_class, progress.upload_class);
}

TEST(WireTest, DataRoundTripAtItsLargest) {
  const std::string payload(core::kDataPayloadMax, '\xab');
  const core::Data data{UINT32_MAX, core::kPieceSize - core::kDataPayloadMax,
                        core::kDataPayloadMax};
  std::string heard;
  const WireMessage message = Decode(EncodeData(data, payload), &heard);
  const auto& decoded = std::get<core::Data>(std::get<core::LinkMessage>(message));
  EXPECT_EQ(decoded.pull, data.pull);
  EXPECT_EQ(decoded.offset, data.offset);
  EXPECT_EQ(decoded.size, data.size);
  EXPECT_EQ(heard, payload);
}

TEST(WireTest, DataIsWhatProtobufWouldWrite) {
  for (const core::Data& data : {core::Data{0, 0, 1}, core::Data{0, 300, 127},
                                 core::Data{1, 0, 128}, core::Data{1u << 31, 16384, 16384}}) {
    const std::string payload(data.size, 'x');
    v1::LinkMessage message;
    message.mutable_data()->set_pull_id(data.pull);
    message.mutable_data()->set_offset(data.offset);
    message.mutable_data()->set_payload(payload);
    EXPECT_EQ(EncodeData(data, payload), message.SerializeAsString());
  }
}

TEST(WireTest, DataIsReadInAnyOrderAndWithUnknownFields) {
  // payload "xyz", field 15 = 5, offset 2, pull 1, payload again: the last counts.
  const std::string body = std::string("\x1a\x03xyz\x78\x05\x10\x02\x08\x01\x1a\x02hi", 15);
  const std::string bytes = "\x22" + std::string(1, static_cast<char>(body.size())) + body;
  std::string payload;
  const WireMessage message = Decode(bytes, &payload);
  const auto& data = std::get<core::Data>(std::get<core::LinkMessage>(message));
  EXPECT_EQ(data.pull, 1u);
  EXPECT_EQ(data.offset, 2u);
  EXPECT_EQ(data.size, 2u);
  EXPECT_EQ(payload, "hi");
}

// ---- Bytes that are no message -------------------------------------------------------------------

TEST(WireTest, EmptyMessageSaysNothing) {
  EXPECT_EQ(std::get<Refused>(Decode("")).fault, WireFault::kNoBody);
}

TEST(WireTest, DataBesideOtherFieldsIsRefused) {
  const std::string data = EncodeData({1, 0, 2}, "ab");
  EXPECT_EQ(std::get<Refused>(Decode(data + data)).fault, WireFault::kUnparsable);
}

// ---- Anything at all ----------------------------------------------------------------------------

// What is accepted must be within the limits, however it came about.
void ExpectWithinLimits(const WireMessage& message, absl::string_view payload) {
  const auto* link_message = std::get_if<core::LinkMessage>(&message);
  if (link_message == nullptr) return;
  if (const auto* data = std::get_if<core::Data>(link_message)) {
    EXPECT_EQ(payload.size(), data->size);
    EXPECT_GT(data->size, 0u);
    EXPECT_LE(std::uint64_t{data->offset} + data->size, core::kPieceSize);
  }
  if (const auto* progress = std::get_if<core::Progress>(link_message)) {
    EXPECT_LE(progress->segments.size(), core::kSegmentsPerProgressMax);
    for (const auto& segment : progress->segments) {
      EXPECT_LE(segment.length, kSegmentLengthMax);
      for (const auto& news : segment.pieces) EXPECT_LT(news.piece, core::kPiecesPerSegmentMax);
    }
  }
}

TEST(WireTest, DamagedMessagesAreRefusedOrWithinLimits) {
  core::Progress progress;
  progress.segments.push_back({.key = Key('c'),
                               .length = 5 * core::kPieceSize,
                               .pieces = {{1, core::PieceState::kHalf}, {4, {}}},
                               .gossip = {{3, 40}}});
  const std::vector<std::string> seeds = {
      EncodeControl(progress)[0], EncodeData({7, 300, 5}, "12345"),
      EncodeHello({1, Swarm('s'), Peer('p'), 3, 4}), EncodeBye({core::ByeReason::kFull, "detail"}),
      EncodeControl(core::Pull{1, Key('k'), 2, 3})[0]};
  const std::uint64_t seed = 20240229;
  Random random(seed);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = seeds[random.Below(seeds.size())];
    for (std::uint64_t edits = 1 + random.Below(4); edits > 0; --edits) {
      const std::uint64_t at = random.Below(bytes.size());
      switch (random.Below(3)) {
        case 0:
          bytes[at] = static_cast<char>(random.Below(256));
          break;
        case 1:
          bytes.resize(at + 1);
          break;
        default:
          bytes.insert(at, 1, static_cast<char>(random.Below(256)));
      }
    }
    absl::string_view payload;
    const WireMessage message = DecodeMessage(bytes, &payload);
    ExpectWithinLimits(message, payload);
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed=" << seed << " round=" << round;
  }
}

}  // namespace
}  // namespace shoal::peer
