// The nouns that events, actions and link messages share. Values;
// Threads: any.
#ifndef SHOAL_CLIENT_CORE_TYPES_H_
#define SHOAL_CLIENT_CORE_TYPES_H_

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/byte_range.h"
#include "common/base/ids.h"

namespace shoal::core {

// Bytes of a piece, the last of a segment excepted. Part of the swarm id: clients that differ here
// are in different swarms.
inline constexpr std::uint32_t kPieceSize = 60 * 1024;
// Payload of one Data message at most.
inline constexpr std::uint32_t kDataPayloadMax = 16 * 1024;
// The largest segment that is shared: as many pieces as one Progress message can name.
inline constexpr std::uint32_t kPiecesPerSegmentMax = 4096;

// One media playlist (rendition) that this client follows; local to the process, never reused.
using StreamId = std::uint32_t;
// One link. Chosen by the link transport, unique in the process, never reused.
using LinkId = std::uint64_t;
// One request of a player for a segment. Chosen by the proxy's side, never reused.
using RequestId = std::uint64_t;
// One transfer from the CDN. Chosen by the core, never reused.
using FetchId = std::uint64_t;
// One pull; unique on its link. Chosen by the asker.
using PullId = std::uint32_t;
// A player as far as playheads are concerned: a hash of its address and User-Agent.
using PlayerId = std::uint64_t;

using PieceIndex = std::uint32_t;

// A segment of a stream by its media sequence number (RFC 8216, section 4.3.3.2).
struct SegmentRef {
  StreamId stream = 0;
  std::uint64_t sequence = 0;

  friend auto operator<=>(const SegmentRef&, const SegmentRef&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SegmentRef& ref) {
    return H::combine(std::move(h), ref.stream, ref.sequence);
  }
  std::string ToString() const { return absl::StrCat(stream, "/", sequence); }
};

// Segment keys are the output of a cryptographic hash: any part of one is as good a hash as any. A
// peer may choose keys that collide, but nothing keeps more than a few hundred of its keys.
struct SegmentKeyHash {
  std::size_t operator()(const SegmentKey& key) const {
    std::uint64_t hash = 0;
    static_assert(SegmentKey::kSize == sizeof(hash));
    std::memcpy(&hash, key.bytes().data(), sizeof(hash));
    return static_cast<std::size_t>(hash);
  }
};

// How many pieces a segment of `length` bytes has.
constexpr std::uint64_t PieceCount(std::uint64_t length) {
  return (length + kPieceSize - 1) / kPieceSize;
}

// The bytes of piece `index` in a segment of `length` bytes. REQUIRES: index < PieceCount(length).
constexpr ByteRange PieceRange(PieceIndex index, std::uint64_t length) {
  const std::uint64_t begin = std::uint64_t{index} * kPieceSize;
  return {begin, std::min(begin + kPieceSize, length)};
}

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_TYPES_H_
