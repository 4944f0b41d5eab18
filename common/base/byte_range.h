// A half-open range of byte offsets, [begin, end). Threads: a value.
#ifndef SHOAL_COMMON_BASE_BYTE_RANGE_H_
#define SHOAL_COMMON_BASE_BYTE_RANGE_H_

#include <algorithm>
#include <cstdint>

namespace shoal {

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // not included

  std::uint64_t size() const { return end > begin ? end - begin : 0; }
  bool empty() const { return end <= begin; }
  bool Contains(const ByteRange& other) const { return begin <= other.begin && other.end <= end; }
  ByteRange Intersect(const ByteRange& other) const {
    const std::uint64_t b = std::max(begin, other.begin);
    return {b, std::max(b, std::min(end, other.end))};
  }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_BYTE_RANGE_H_
