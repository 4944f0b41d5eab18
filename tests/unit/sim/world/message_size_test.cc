#include "tests/sim/world/message_size.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/peer/data_codec.h"
#include "client/peer/wire.h"
#include "common/random/random.h"

namespace shoal::sim {
namespace {

// Numbers of all lengths, small ones as often as large ones.
std::uint32_t Number(Random& random, std::uint32_t limit) {
  const std::uint64_t bits = random.Below(33);
  return static_cast<std::uint32_t>(random.Next() & ((std::uint64_t{1} << bits) - 1)) % limit;
}

SegmentKey Key(Random& random) {
  if (random.Below(20) == 0) return {};
  char bytes[SegmentKey::kSize];
  for (char& byte : bytes) byte = static_cast<char>(random.Next());
  return *SegmentKey::FromBytes({bytes, SegmentKey::kSize});
}

core::SegmentProgress RandomSegment(Random& random, std::size_t pieces_max) {
  core::SegmentProgress segment{.key = Key(random), .pieces = {}, .gossip = {}};
  segment.length = Number(random, 100'000'000);
  segment.complete = random.Below(4) == 0;
  segment.dropped = !segment.complete && random.Below(4) == 0;
  if (!segment.complete && !segment.dropped) {
    for (std::size_t i = random.Below(pieces_max + 1); i > 0; --i) {
      segment.pieces.push_back({Number(random, core::kPiecesPerSegmentMax),
                                static_cast<core::PieceState>(random.Below(7))});
    }
  }
  for (std::size_t i = random.Below(pieces_max + 1); i > 0; --i) {
    segment.gossip.push_back(
        {Number(random, core::kPiecesPerSegmentMax), static_cast<std::uint8_t>(random.Below(64))});
  }
  return segment;
}

core::LinkMessage RandomControl(Random& random) {
  switch (random.Below(5)) {
    case 0: {
      core::Progress progress;
      if (random.Below(3) == 0) progress.upload_class = static_cast<UploadClass>(random.Below(32));
      const bool large = random.Below(20) == 0;
      for (std::size_t i = random.Below(large ? 200 : 5); i > 0; --i) {
        progress.segments.push_back(RandomSegment(random, large ? 600 : 12));
      }
      return progress;
    }
    case 1:
      return core::Pull{Number(random, UINT32_MAX), Key(random),
                        Number(random, core::kPiecesPerSegmentMax),
                        Number(random, core::kPieceSize)};
    case 2:
      return core::Ack{Number(random, UINT32_MAX),
                       static_cast<std::uint16_t>(random.Below(1 << 16))};
    case 3:
      return core::Reject{Number(random, UINT32_MAX),
                          static_cast<core::RejectReason>(random.Below(4)), Number(random, 5000)};
    default:
      return core::Cancel{Number(random, UINT32_MAX)};
  }
}

TEST(MessageSize, IsThatOfTheProductsEncoding) {
  Random random(1);
  std::size_t split = 0;
  for (int i = 0; i < 20'000; ++i) {
    const core::LinkMessage message = RandomControl(random);
    std::size_t bytes = 0;
    const std::vector<std::string> encoded = peer::EncodeControl(message);
    for (const std::string& part : encoded) bytes += part.size();
    const WireSize size = SizeOf(message);
    ASSERT_EQ(size.bytes, bytes) << "kind " << message.index() << ", seed 1, message " << i;
    ASSERT_EQ(size.messages, encoded.size());
    EXPECT_EQ(size.framed(), bytes + 14 * encoded.size());
    if (encoded.size() > 1) ++split;
  }
  EXPECT_GT(split, 0u) << "a Progress that goes as several was among them";
}

TEST(MessageSize, IsThatOfTheProductsData) {
  Random random(2);
  for (int i = 0; i < 10'000; ++i) {
    const core::Data data{.pull = Number(random, UINT32_MAX),
                          .offset = Number(random, core::kPieceSize),
                          .size = 1 + Number(random, core::kDataPayloadMax)};
    const std::size_t bytes = peer::EncodeDataHeader(data).size + data.size;
    ASSERT_EQ(SizeOf(data).bytes, bytes);
    ASSERT_EQ(SizeOf(core::LinkMessage(data)).bytes, bytes);
  }
}

TEST(MessageSize, IsThatOfTheProductsHelloAndBye) {
  const auto swarm = *SwarmId::FromBytes(std::string(SwarmId::kSize, 's'));
  const auto id = *PeerId::FromBytes(std::string(PeerId::kSize, 'p'));
  for (const UploadClass upload_class : {kUploadNone, UploadClass{12}, kUploadUnknown}) {
    for (const std::uint16_t port : std::vector<std::uint16_t>{0, 80, 7000, 65535}) {
      const peer::Hello hello{
          .swarm = swarm, .peer = id, .upload_class = upload_class, .port = port};
      EXPECT_EQ(SizeOfHello(upload_class, port).bytes, peer::EncodeHello(hello).size());
    }
  }
  for (const auto reason : {core::ByeReason::kUnspecified, core::ByeReason::kMisbehaved}) {
    EXPECT_EQ(SizeOfBye(reason).bytes, peer::EncodeBye({reason, ""}).size());
  }
}

}  // namespace
}  // namespace shoal::sim
