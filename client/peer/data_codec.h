// Data messages, by far the most frequent and largest, as bytes and back without protobuf's copies:
// what comes before the payload is written by hand, and the payload is found where it lies.
//
// Threads: any.
#ifndef SHOAL_CLIENT_PEER_DATA_CODEC_H_
#define SHOAL_CLIENT_PEER_DATA_CODEC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "absl/strings/string_view.h"
#include "client/core/messages.h"
#include "client/peer/wire_fault.h"

namespace shoal::peer {

// The bytes of a LinkMessage holding Data that come before its payload.
struct DataHeader {
  static constexpr std::size_t kSizeMax = 24;
  std::array<std::uint8_t, kSizeMax> bytes;
  std::size_t size = 0;
};

// REQUIRES: data.size > 0, since protobuf writes no empty fields.
DataHeader EncodeDataHeader(const core::Data& data);

struct ReceivedData {
  core::Data data;
  absl::string_view payload;  // within the bytes decoded
};

// Decodes `bytes` if they are a LinkMessage of exactly one field, Data; else nullopt, and they are
// for protobuf to decode. Fields of Data may come in any order and unknown ones are skipped; of
// repeated ones the last counts.
std::optional<std::variant<ReceivedData, Refused>> DecodeData(absl::string_view bytes);

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_DATA_CODEC_H_
