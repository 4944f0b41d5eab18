#include "client/hls/stream_ids.h"

#include <cstddef>
#include <string>

#include "common/base/sha256.h"

namespace shoal::hls {
namespace {

void AppendLittleEndian(std::uint64_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

template <typename Id>
Id FirstBytes(const Sha256Digest& digest) {
  return *Id::FromBytes({reinterpret_cast<const char*>(digest.data()), Id::kSize});
}

}  // namespace

SwarmId MakeSwarmId(const SwarmName& name, const PathFilter& filter) {
  std::string head;
  AppendLittleEndian(name.protocol_major, 4, head);
  AppendLittleEndian(name.piece_size, 4, head);
  const absl::string_view separator("\0", 1);
  return FirstBytes<SwarmId>(
      Sha256({head, name.name_space, separator, filter.Apply(name.playlist_path)}));
}

SegmentKey MakeSegmentKey(absl::string_view path, const std::optional<ByteRange>& byte_range,
                          const PathFilter& filter) {
  std::string tail(1, '\0');
  if (byte_range) {
    AppendLittleEndian(byte_range->begin, 8, tail);
    AppendLittleEndian(byte_range->size(), 8, tail);
  }
  return FirstBytes<SegmentKey>(Sha256({filter.Apply(path), tail}));
}

}  // namespace shoal::hls
