#include "client/peer/data_codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "absl/strings/str_cat.h"
#include "shoal/v1/peer.pb.h"

namespace shoal::peer {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr std::uint32_t Tag(int field, WireFormatLite::WireType type) {
  return WireFormatLite::MakeTag(field, type);
}
constexpr std::uint32_t kBodyTag =
    Tag(v1::LinkMessage::kDataFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
constexpr std::uint32_t kPullTag =
    Tag(v1::Data::kPullIdFieldNumber, WireFormatLite::WIRETYPE_VARINT);
constexpr std::uint32_t kOffsetTag =
    Tag(v1::Data::kOffsetFieldNumber, WireFormatLite::WIRETYPE_VARINT);
constexpr std::uint32_t kPayloadTag =
    Tag(v1::Data::kPayloadFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

// A varint that must fit 32 bits; CodedInputStream's own reader would cut it.
bool ReadUint32(CodedInputStream& in, std::uint32_t* value) {
  std::uint64_t wide = 0;
  if (!in.ReadVarint64(&wide) || wide > UINT32_MAX) return false;
  *value = static_cast<std::uint32_t>(wide);
  return true;
}

// A length-delimited field as a view into what `in` reads.
bool ReadView(CodedInputStream& in, absl::string_view* view) {
  std::uint32_t size = 0;
  if (!ReadUint32(in, &size)) return false;
  const void* begin = nullptr;
  int available = 0;
  if (size == 0) {
    *view = {};
    return true;
  }
  if (!in.GetDirectBufferPointer(&begin, &available)) return false;
  if (static_cast<std::uint32_t>(available) < size) return false;
  *view = {static_cast<const char*>(begin), size};
  return in.Skip(static_cast<int>(size));
}

// The fields of Data. False if they are not well formed.
bool ReadFields(absl::string_view body, ReceivedData* out) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(body.data()),
                      static_cast<int>(body.size()));
  while (const std::uint32_t tag = in.ReadTag()) {
    bool ok = false;
    switch (tag) {
      case kPullTag:
        ok = ReadUint32(in, &out->data.pull);
        break;
      case kOffsetTag:
        ok = ReadUint32(in, &out->data.offset);
        break;
      case kPayloadTag:
        ok = ReadView(in, &out->payload);
        break;
      default:
        ok = WireFormatLite::SkipField(&in, tag);
    }
    if (!ok) return false;
  }
  return in.ConsumedEntireMessage();
}

}  // namespace

DataHeader EncodeDataHeader(const core::Data& data) {
  const auto varint_size = [](std::uint32_t value) {
    return static_cast<std::uint32_t>(CodedOutputStream::VarintSize32(value));
  };
  std::uint32_t body = 1 + varint_size(data.size) + data.size;
  if (data.pull != 0) body += 1 + varint_size(data.pull);
  if (data.offset != 0) body += 1 + varint_size(data.offset);

  DataHeader header;
  std::uint8_t* out = header.bytes.data();
  const auto write = [&out](std::uint32_t tag, std::uint32_t value) {
    out = CodedOutputStream::WriteVarint32ToArray(tag, out);
    out = CodedOutputStream::WriteVarint32ToArray(value, out);
  };
  write(kBodyTag, body);
  if (data.pull != 0) write(kPullTag, data.pull);
  if (data.offset != 0) write(kOffsetTag, data.offset);
  write(kPayloadTag, data.size);
  header.size = static_cast<std::size_t>(out - header.bytes.data());
  return header;
}

std::optional<std::variant<ReceivedData, Refused>> DecodeData(absl::string_view bytes) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  absl::string_view body;
  if (in.ReadTag() != kBodyTag || !ReadView(in, &body)) return std::nullopt;
  if (in.CurrentPosition() != static_cast<int>(bytes.size())) return std::nullopt;

  ReceivedData received;
  if (!ReadFields(body, &received)) {
    return Refused{WireFault::kUnparsable, absl::StrCat("Data of ", body.size(), " bytes")};
  }
  const std::size_t size = received.payload.size();
  if (size == 0 || size > core::kDataPayloadMax) {
    return Refused{WireFault::kPayloadSize,
                   absl::StrCat("Data with a payload of ", size, " bytes, which may have 1 to ",
                                core::kDataPayloadMax)};
  }
  if (std::uint64_t{received.data.offset} + size > core::kPieceSize) {
    return Refused{WireFault::kOffset,
                   absl::StrCat("Data of ", size, " bytes at offset ", received.data.offset,
                                " of a piece of ", core::kPieceSize)};
  }
  received.data.size = static_cast<std::uint32_t>(size);
  return received;
}

}  // namespace shoal::peer
