// Why a message of a peer was refused. Threads: values.
#ifndef SHOAL_CLIENT_PEER_WIRE_FAULT_H_
#define SHOAL_CLIENT_PEER_WIRE_FAULT_H_

#include <cstdint>
#include <string>

namespace shoal::peer {

enum class WireFault : std::uint8_t {
  kMessageSize,    // more than kMessageBytesMax
  kUnparsable,     // not protobuf, or numbers that do not fit their fields
  kNoBody,         // a message that says nothing this version knows
  kSwarmId,        // not 16 bytes
  kPeerId,         // not 16 bytes, or all zero
  kPort,           // above 65535
  kSegmentCount,   // more than core::kSegmentsPerProgressMax
  kSegmentLength,  // more bytes than core::kPiecesPerSegmentMax pieces have
  kSegmentState,   // complete, dropped and single pieces exclude each other
  kPieceCount,     // more than core::kPiecesPerSegmentMax pieces, or as much gossip
  kPieceIndex,     // not below core::kPiecesPerSegmentMax, or beyond the segment's length
  kOffset,         // beyond the piece
  kPayloadSize,    // none, or more than core::kDataPayloadMax
  kByeDetail,      // more than core::kByeDetailMax bytes
};

struct Refused {
  WireFault fault = WireFault::kUnparsable;
  std::string detail;  // names the field and the numbers
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_WIRE_FAULT_H_
