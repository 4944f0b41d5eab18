// What linked clients say to each other, as plain values: the core's side of
// proto/shoal/v1/peer.proto, whose comments are the specification. The link transport converts and
// checks what the wire format can break (lengths of ids, counts, sizes); the core checks what it
// means.
#ifndef SHOAL_CLIENT_CORE_MESSAGES_H_
#define SHOAL_CLIENT_CORE_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "client/core/types.h"
#include "common/base/ids.h"
#include "common/base/upload_class.h"

namespace shoal::core {

inline constexpr std::uint32_t kProtocolMajor = 1;
inline constexpr std::size_t kSegmentsPerProgressMax = 64;
inline constexpr std::size_t kByeDetailMax = 200;

enum class PieceState : std::uint8_t {
  kNone = 0,
  kReceiving = 1,  // or at least one byte
  kQuarter = 2,
  kHalf = 3,
  kThreeQuarters = 4,
  kComplete = 5,
  kStalled = 6,  // holds what was said before; bytes stopped coming, or never came
  kSeeding = 7,  // nothing yet, but the CDN was just asked for it
};

struct PieceNews {
  PieceIndex piece = 0;
  PieceState state = PieceState::kNone;
  friend bool operator==(const PieceNews&, const PieceNews&) = default;
};

struct PieceGossip {
  PieceIndex piece = 0;
  std::uint8_t age_units = 0;  // of 50 ms, at most 63
  friend bool operator==(const PieceGossip&, const PieceGossip&) = default;
};
inline constexpr std::uint8_t kGossipAgeUnitsMax = 63;

// Most entries tell of one piece or two: these take no memory of their own.
using PieceNewsList = absl::InlinedVector<PieceNews, 2>;
using PieceGossipList = absl::InlinedVector<PieceGossip, 2>;

struct SegmentProgress {
  SegmentKey key;
  std::uint64_t length = 0;  // 0: not known
  bool complete = false;
  bool dropped = false;
  PieceNewsList pieces;
  PieceGossipList gossip;
  friend bool operator==(const SegmentProgress&, const SegmentProgress&) = default;
};

struct Progress {
  std::vector<SegmentProgress> segments;
  std::optional<UploadClass> upload_class;
};

struct Pull {
  PullId pull = 0;
  SegmentKey key;
  PieceIndex piece = 0;
  std::uint32_t from = 0;  // offset within the piece
};

// The payload travels beside this value, never in it.
struct Data {
  PullId pull = 0;
  std::uint32_t offset = 0;  // within the piece
  std::uint32_t size = 0;
};

struct Ack {
  std::uint32_t bytes = 0;
  // The receiver's clock when the last of them came, in milliseconds, modulo 2^16.
  std::uint16_t received_ms = 0;
};

enum class RejectReason : std::uint8_t { kUnspecified = 0, kBusy = 1, kNotHeld = 2, kNoUpload = 3 };

struct Reject {
  PullId pull = 0;
  RejectReason reason = RejectReason::kUnspecified;
  std::uint32_t retry_after_ms = 0;
};

struct Cancel {
  PullId pull = 0;
  // Of one received, and never sent along: bytes of Data for this pull that the transport had not
  // sent yet, and now never will.
  std::uint32_t unsent = 0;
};

enum class ByeReason : std::uint8_t {
  kUnspecified = 0,
  kLeaving = 1,
  kProtocol = 2,
  kUnknownSwarm = 3,
  kFull = 4,
  kDuplicate = 5,
  kMisbehaved = 6,
};

// Everything that may follow Hello, but for Bye, which only the transport sees (see LinkClosed).
using LinkMessage = std::variant<Progress, Pull, Data, Ack, Reject, Cancel>;

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_MESSAGES_H_
