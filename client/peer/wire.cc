#include "client/peer/wire.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/peer/data_codec.h"
#include "client/peer/link_limits.h"
#include "shoal/v1/peer.pb.h"

namespace shoal::peer {
namespace {

constexpr std::uint64_t kSegmentLengthMax =
    std::uint64_t{core::kPiecesPerSegmentMax} * core::kPieceSize;
constexpr std::uint32_t kStatesPerPiece = 8;
constexpr std::uint32_t kAgesPerPiece = 64;
static_assert(kAgesPerPiece == core::kGossipAgeUnitsMax + 1);

// Progress longer than this by estimate is cut in two; well below kMessageBytesMax, for a segment
// may add 25 KB.
constexpr std::size_t kProgressBytes = 36 * 1024;

SegmentKey KeyFromWire(std::uint64_t value) {
  char bytes[SegmentKey::kSize];
  for (std::size_t i = 0; i < SegmentKey::kSize; ++i) {
    bytes[i] = static_cast<char>(value >> (8 * i));
  }
  return *SegmentKey::FromBytes({bytes, SegmentKey::kSize});
}

std::uint64_t KeyToWire(const SegmentKey& key) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < SegmentKey::kSize; ++i) {
    value |= std::uint64_t{static_cast<std::uint8_t>(key.bytes()[i])} << (8 * i);
  }
  return value;
}

Refused Refuse(WireFault fault, std::string detail) { return Refused{fault, std::move(detail)}; }

// ---- From the wire -----------------------------------------------------------------------------

WireMessage FromWire(const v1::Hello& in) {
  Hello hello;
  hello.protocol_major = in.protocol_major();
  if (hello.protocol_major != core::kProtocolMajor) return hello;
  const auto swarm = SwarmId::FromBytes(in.swarm_id());
  if (!swarm) {
    return Refuse(WireFault::kSwarmId,
                  absl::StrCat("Hello with a swarm id of ", in.swarm_id().size(), " bytes"));
  }
  const auto peer = PeerId::FromBytes(in.peer_id());
  if (!peer || *peer == PeerId()) {
    return Refuse(WireFault::kPeerId,
                  absl::StrCat("Hello with a peer id of ", in.peer_id().size(), " bytes, or zero"));
  }
  if (in.port() > 65535) {
    return Refuse(WireFault::kPort, absl::StrCat("Hello with port ", in.port()));
  }
  hello.swarm = *swarm;
  hello.peer = *peer;
  hello.upload_class = UploadClassFromWire(in.upload_class());
  hello.port = static_cast<std::uint16_t>(in.port());
  return hello;
}

// Pieces that a segment of `length` bytes can have; 0: not known.
std::uint64_t PieceLimit(std::uint64_t length) {
  return length == 0 ? core::kPiecesPerSegmentMax : core::PieceCount(length);
}

Refused PieceBeyond(const char* what, std::uint32_t piece, std::uint64_t limit) {
  return Refuse(WireFault::kPieceIndex,
                absl::StrCat(what, " of piece ", piece, ", which must be below ", limit));
}

// Fills `out`, whose length is set; the fault, if there is one.
std::optional<Refused> ReadPieces(const v1::SegmentProgress& in, core::SegmentProgress* out) {
  const std::uint64_t limit = PieceLimit(out->length);
  out->pieces.reserve(static_cast<std::size_t>(in.pieces_size()));
  for (const std::uint32_t value : in.pieces()) {
    const std::uint32_t piece = value / kStatesPerPiece;
    const std::uint32_t state = value % kStatesPerPiece;
    if (piece >= limit) return PieceBeyond("Progress", piece, limit);
    out->pieces.push_back({piece, static_cast<core::PieceState>(state)});
  }
  out->gossip.reserve(static_cast<std::size_t>(in.gossip_size()));
  for (const std::uint32_t value : in.gossip()) {
    const std::uint32_t piece = value / kAgesPerPiece;
    if (piece >= limit) return PieceBeyond("gossip", piece, limit);
    out->gossip.push_back({piece, static_cast<std::uint8_t>(value % kAgesPerPiece)});
  }
  return std::nullopt;
}

std::optional<Refused> ReadSegment(const v1::SegmentProgress& in, core::SegmentProgress* out) {
  out->key = KeyFromWire(in.segment_key());
  out->length = in.segment_length();
  out->complete = in.complete();
  out->dropped = in.dropped();
  if (out->length > kSegmentLengthMax) {
    return Refuse(WireFault::kSegmentLength,
                  absl::StrCat("Progress of a segment of ", out->length,
                               " bytes, which may have at most ", kSegmentLengthMax));
  }
  if (int{out->complete} + int{out->dropped} + int{in.pieces_size() > 0} > 1) {
    return Refuse(
        WireFault::kSegmentState,
        absl::StrCat("Progress of a segment that is complete=", out->complete,
                     ", dropped=", out->dropped, " and has ", in.pieces_size(), " pieces named"));
  }
  const int list_max = core::kPiecesPerSegmentMax;
  if (in.pieces_size() > list_max || in.gossip_size() > list_max) {
    return Refuse(WireFault::kPieceCount,
                  absl::StrCat("Progress of a segment with ", in.pieces_size(), " pieces and ",
                               in.gossip_size(), " of gossip, which may be ", list_max));
  }
  return ReadPieces(in, out);
}

WireMessage FromWire(const v1::Progress& in) {
  if (static_cast<std::size_t>(in.segments_size()) > core::kSegmentsPerProgressMax) {
    return Refuse(WireFault::kSegmentCount,
                  absl::StrCat("Progress of ", in.segments_size(), " segments, which may be ",
                               core::kSegmentsPerProgressMax));
  }
  core::Progress out;
  out.segments.resize(static_cast<std::size_t>(in.segments_size()));
  for (int i = 0; i < in.segments_size(); ++i) {
    auto fault = ReadSegment(in.segments(i), &out.segments[static_cast<std::size_t>(i)]);
    if (fault) return *std::move(fault);
  }
  if (in.upload_class_plus_one() != 0) {
    out.upload_class = UploadClassFromWire(in.upload_class_plus_one() - 1);
  }
  return core::LinkMessage(std::move(out));
}

WireMessage FromWire(const v1::Pull& in) {
  if (in.piece_index() >= core::kPiecesPerSegmentMax) {
    return PieceBeyond("Pull", in.piece_index(), core::kPiecesPerSegmentMax);
  }
  if (in.from() >= core::kPieceSize) {
    return Refuse(WireFault::kOffset, absl::StrCat("Pull from offset ", in.from(),
                                                   " of a piece of ", core::kPieceSize));
  }
  return core::LinkMessage(
      core::Pull{in.pull_id(), KeyFromWire(in.segment_key()), in.piece_index(), in.from()});
}

WireMessage FromWire(const v1::Reject& in) {
  const bool known = in.reason() >= v1::REJECT_REASON_BUSY && v1::RejectReason_IsValid(in.reason());
  return core::LinkMessage(core::Reject{
      in.pull_id(),
      known ? static_cast<core::RejectReason>(in.reason()) : core::RejectReason::kUnspecified,
      in.retry_after_ms()});
}

WireMessage FromWire(const v1::Bye& in) {
  if (in.detail().size() > core::kByeDetailMax) {
    return Refuse(WireFault::kByeDetail,
                  absl::StrCat("Bye with a detail of ", in.detail().size(), " bytes"));
  }
  const bool known = in.reason() >= v1::BYE_REASON_LEAVING && v1::ByeReason_IsValid(in.reason());
  return Bye{known ? static_cast<core::ByeReason>(in.reason()) : core::ByeReason::kUnspecified,
             in.detail()};
}

// ---- To the wire -------------------------------------------------------------------------------

void ToWire(const core::SegmentProgress& in, v1::SegmentProgress* out) {
  out->set_segment_key(KeyToWire(in.key));
  out->set_segment_length(in.length);
  out->set_complete(in.complete);
  out->set_dropped(in.dropped);
  out->mutable_pieces()->Reserve(static_cast<int>(in.pieces.size()));
  for (const core::PieceNews& news : in.pieces) {
    out->add_pieces(news.piece * kStatesPerPiece + static_cast<std::uint32_t>(news.state));
  }
  out->mutable_gossip()->Reserve(static_cast<int>(in.gossip.size()));
  for (const core::PieceGossip& gossip : in.gossip) {
    out->add_gossip(gossip.piece * kAgesPerPiece +
                    std::min(gossip.age_units, core::kGossipAgeUnitsMax));
  }
}

// Bytes that `segment` takes on the wire at most.
std::size_t SizeBound(const core::SegmentProgress& segment) {
  return 48 + 3 * (segment.pieces.size() + segment.gossip.size());
}

std::vector<std::string> EncodeProgress(const core::Progress& progress) {
  std::vector<std::string> encoded;
  std::size_t next = 0;
  do {
    v1::LinkMessage message;
    v1::Progress* part = message.mutable_progress();
    if (encoded.empty() && progress.upload_class) {
      part->set_upload_class_plus_one(*progress.upload_class + 1u);
    }
    std::size_t bytes = 0;
    while (next < progress.segments.size() && bytes < kProgressBytes &&
           static_cast<std::size_t>(part->segments_size()) < core::kSegmentsPerProgressMax) {
      const core::SegmentProgress& segment = progress.segments[next++];
      bytes += SizeBound(segment);
      ToWire(segment, part->add_segments());
    }
    encoded.push_back(message.SerializeAsString());
  } while (next < progress.segments.size());
  return encoded;
}

// Writes what has exactly one form on the wire.
struct ControlWriter {
  v1::LinkMessage& out;

  // Not reached: EncodeControl cuts Progress itself and is not given Data.
  void operator()(const core::Progress&) {}
  void operator()(const core::Data&) {}

  void operator()(const core::Pull& pull) {
    v1::Pull* body = out.mutable_pull();
    body->set_pull_id(pull.pull);
    body->set_segment_key(KeyToWire(pull.key));
    body->set_piece_index(pull.piece);
    body->set_from(pull.from);
  }
  void operator()(const core::Ack& ack) {
    v1::Ack* body = out.mutable_ack();
    body->set_bytes(ack.bytes);
    body->set_received_ms(ack.received_ms);
  }
  void operator()(const core::Reject& reject) {
    v1::Reject* body = out.mutable_reject();
    body->set_pull_id(reject.pull);
    body->set_reason(static_cast<v1::RejectReason>(reject.reason));
    body->set_retry_after_ms(reject.retry_after_ms);
  }
  void operator()(const core::Cancel& cancel) { out.mutable_cancel()->set_pull_id(cancel.pull); }
};

}  // namespace

WireMessage DecodeMessage(absl::string_view bytes, absl::string_view* payload) {
  *payload = {};
  if (bytes.size() > kMessageBytesMax) {
    return Refuse(
        WireFault::kMessageSize,
        absl::StrCat("a message of ", bytes.size(), " bytes, which may have ", kMessageBytesMax));
  }
  if (auto data = DecodeData(bytes)) {
    if (auto* refused = std::get_if<Refused>(&*data)) return std::move(*refused);
    const ReceivedData& received = std::get<ReceivedData>(*data);
    *payload = received.payload;
    return core::LinkMessage(received.data);
  }
  // Or protobuf would write to standard error what a peer gets wrong.
  [[maybe_unused]] static const auto previous_handler = google::protobuf::SetLogHandler(nullptr);
  v1::LinkMessage message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Refuse(WireFault::kUnparsable,
                  absl::StrCat("a message of ", bytes.size(), " bytes that is not protobuf"));
  }
  switch (message.body_case()) {
    case v1::LinkMessage::kHello:
      return FromWire(message.hello());
    case v1::LinkMessage::kProgress:
      return FromWire(message.progress());
    case v1::LinkMessage::kPull:
      return FromWire(message.pull());
    case v1::LinkMessage::kData:
      return Refuse(WireFault::kUnparsable, "Data beside other fields");
    case v1::LinkMessage::kAck:
      return core::LinkMessage(core::Ack{message.ack().bytes(),
                                         static_cast<std::uint16_t>(message.ack().received_ms())});
    case v1::LinkMessage::kReject:
      return FromWire(message.reject());
    case v1::LinkMessage::kCancel:
      return core::LinkMessage(core::Cancel{message.cancel().pull_id()});
    case v1::LinkMessage::kBye:
      return FromWire(message.bye());
    case v1::LinkMessage::BODY_NOT_SET:
      break;
  }
  return Refuse(WireFault::kNoBody,
                absl::StrCat("a message of ", bytes.size(), " bytes that says nothing known"));
}

std::string EncodeHello(const Hello& hello) {
  v1::LinkMessage message;
  v1::Hello* body = message.mutable_hello();
  body->set_protocol_major(hello.protocol_major);
  body->set_swarm_id(std::string(hello.swarm.bytes()));
  body->set_peer_id(std::string(hello.peer.bytes()));
  body->set_upload_class(hello.upload_class);
  body->set_port(hello.port);
  return message.SerializeAsString();
}

std::string EncodeBye(const Bye& bye) {
  v1::LinkMessage message;
  v1::Bye* body = message.mutable_bye();
  body->set_reason(static_cast<v1::ByeReason>(bye.reason));
  std::string detail = bye.detail.substr(0, core::kByeDetailMax);
  std::replace_if(
      detail.begin(), detail.end(),
      [](char c) { return !absl::ascii_isprint(static_cast<unsigned char>(c)); }, '?');
  body->set_detail(std::move(detail));
  return message.SerializeAsString();
}

std::vector<std::string> EncodeControl(const core::LinkMessage& message) {
  if (const auto* progress = std::get_if<core::Progress>(&message)) {
    return EncodeProgress(*progress);
  }
  v1::LinkMessage out;
  std::visit(ControlWriter{out}, message);
  return {out.SerializeAsString()};
}

}  // namespace shoal::peer
