// EXT-X-BYTERANGE and BYTERANGE attributes (RFC 8216, section 4.3.2.2): "<length>[@<offset>]".
// Threads: a value.
#ifndef SHOAL_CLIENT_HLS_SUB_RANGE_H_
#define SHOAL_CLIENT_HLS_SUB_RANGE_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/hls/attribute_list.h"
#include "common/base/byte_range.h"

namespace shoal::hls {

// The largest offset that files, HTTP ranges and libcurl agree on.
inline constexpr std::uint64_t kResourceOffsetMax = std::uint64_t{1} << 62;

class SubRange {
 public:
  // Of at least one byte, and not beyond kResourceOffsetMax.
  static absl::StatusOr<SubRange> Parse(absl::string_view text);

  // The bytes meant, when a sub-range without an offset begins at `next`; nullopt: there is nothing
  // before it that it could follow, which is an error unless it has an offset.
  absl::StatusOr<ByteRange> Resolve(std::optional<std::uint64_t> next) const;

  // The BYTERANGE attribute, parsed and resolved; nullopt without one.
  static absl::StatusOr<std::optional<ByteRange>> FromAttribute(const AttributeList& attributes,
                                                                VariableScope& scope,
                                                                std::optional<std::uint64_t> next);

 private:
  SubRange(std::uint64_t length, std::optional<std::uint64_t> offset)
      : length_(length), offset_(offset) {}

  std::uint64_t length_;
  std::optional<std::uint64_t> offset_;
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_SUB_RANGE_H_
