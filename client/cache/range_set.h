// A set of byte offsets as sorted, disjoint, non-adjacent ranges. Threads: not thread-safe.
#ifndef SHOAL_CLIENT_CACHE_RANGE_SET_H_
#define SHOAL_CLIENT_CACHE_RANGE_SET_H_

#include <cstdint>
#include <vector>

#include "common/base/byte_range.h"

namespace shoal::cache {

class RangeSet {
 public:
  // Adds every offset of `range`. Returns the parts of it that were not in the set before, in
  // order.
  std::vector<ByteRange> Add(const ByteRange& range);

  // True if every offset of `range` is in the set; true for an empty range.
  bool Contains(const ByteRange& range) const;

  // The end of the contiguous run of offsets that starts at `offset`; `offset` itself if it is not
  // in the set.
  std::uint64_t RunEnd(std::uint64_t offset) const;

  // The parts of `range` that are not in the set, in order.
  std::vector<ByteRange> Missing(const ByteRange& range) const;

  std::uint64_t size() const { return size_; }  // offsets in the set
  const std::vector<ByteRange>& ranges() const { return ranges_; }

 private:
  std::vector<ByteRange> ranges_;
  std::uint64_t size_ = 0;
};

}  // namespace shoal::cache

#endif  // SHOAL_CLIENT_CACHE_RANGE_SET_H_
