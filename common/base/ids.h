// Identifiers that trackers and clients exchange: fixed numbers of opaque bytes, each its own type.
//
// An id is made from bytes of exactly its length and from nothing else, so a value of these types
// is always well formed. Ordered and hashable. Threads: values.
#ifndef SHOAL_COMMON_BASE_IDS_H_
#define SHOAL_COMMON_BASE_IDS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace shoal {

// Lower-case hexadecimal of `bytes`.
std::string ToHex(absl::string_view bytes);

template <class Tag, std::size_t N>
class FixedId {
 public:
  static constexpr std::size_t kSize = N;

  // All zero. A placeholder: no peer, swarm or segment has it.
  FixedId() = default;

  // nullopt unless `bytes` has exactly kSize bytes.
  static std::optional<FixedId> FromBytes(absl::string_view bytes) {
    if (bytes.size() != N) return std::nullopt;
    FixedId id;
    std::memcpy(id.bytes_.data(), bytes.data(), N);
    return id;
  }

  absl::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  std::string ToString() const { return ToHex(bytes()); }
  // The first four hexadecimal digits: for logs, where a person must tell a few ids apart.
  std::string ShortName() const { return ToHex(bytes().substr(0, 2)); }

  friend auto operator<=>(const FixedId&, const FixedId&) = default;
  // Not defaulted: std::array compares by a call, this by a few instructions.
  friend bool operator==(const FixedId& a, const FixedId& b) {
    return std::memcmp(a.bytes_.data(), b.bytes_.data(), N) == 0;
  }
  template <typename H>
  friend H AbslHashValue(H h, const FixedId& id) {
    return H::combine(std::move(h), id.bytes());
  }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

// A client: first 16 bytes of SHA-256 over the DER SubjectPublicKeyInfo of its key.
using PeerId = FixedId<struct PeerIdTag, 16>;
// A rendition of a stream; see MakeSwarmId in client/hls.
using SwarmId = FixedId<struct SwarmIdTag, 16>;
// A segment within a swarm, equal on all clients; see MakeSegmentKey in client/hls.
using SegmentKey = FixedId<struct SegmentKeyTag, 8>;

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_IDS_H_
