// Messages of proto/shoal/v1/peer.proto as bytes, and back into checked values.
//
// Whatever the bytes are, decoding gives a message within all limits of the .proto or the reason
// for refusing it. Segment keys travel as fixed64, whose little-endian bytes are the key's bytes in
// order. Data goes through data_codec.h instead of protobuf.
//
// Threads: any. Errors: values; nothing here can fail otherwise.
#ifndef SHOAL_CLIENT_PEER_WIRE_H_
#define SHOAL_CLIENT_PEER_WIRE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/core/messages.h"
#include "client/peer/wire_fault.h"
#include "common/base/ids.h"
#include "common/base/upload_class.h"

namespace shoal::peer {

struct Hello {
  std::uint32_t protocol_major = core::kProtocolMajor;
  // Of another major version nothing but that number is looked at; the rest is as below.
  SwarmId swarm;
  PeerId peer;
  UploadClass upload_class = kUploadUnknown;
  std::uint16_t port = 0;

  friend bool operator==(const Hello&, const Hello&) = default;
};

struct Bye {
  core::ByeReason reason = core::ByeReason::kUnspecified;
  std::string detail;

  friend bool operator==(const Bye&, const Bye&) = default;
};

using WireMessage = std::variant<Hello, core::LinkMessage, Bye, Refused>;

// Decodes one message. `payload`, which must not be null, is set to the payload of Data within
// `bytes`, else to nothing.
WireMessage DecodeMessage(absl::string_view bytes, absl::string_view* payload);

std::string EncodeHello(const Hello& hello);

// The detail is cut to core::kByeDetailMax bytes, and what is not printable ASCII becomes '?'.
std::string EncodeBye(const Bye& bye);

// Anything but Data, for which there is EncodeDataHeader. One message, or, for a Progress of more
// than core::kSegmentsPerProgressMax segments or about 60 KiB, several that say the same. REQUIRES:
// lists of pieces and gossip of at most core::kPiecesPerSegmentMax.
std::vector<std::string> EncodeControl(const core::LinkMessage& message);

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_WIRE_H_
