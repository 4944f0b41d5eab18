#include "client/cache/range_set.h"

#include <algorithm>

namespace shoal::cache {
namespace {

// The first of `ranges` that ends at or after `offset`: the only one that an addition from `offset`
// on can touch from the left.
std::vector<ByteRange>::const_iterator FirstEndingFrom(const std::vector<ByteRange>& ranges,
                                                       std::uint64_t offset) {
  return std::lower_bound(
      ranges.begin(), ranges.end(), offset,
      [](const ByteRange& range, std::uint64_t value) { return range.end < value; });
}

}  // namespace

std::vector<ByteRange> RangeSet::Add(const ByteRange& range) {
  if (range.empty()) return {};
  std::vector<ByteRange> added = Missing(range);
  const auto first = FirstEndingFrom(ranges_, range.begin);
  auto last = first;
  ByteRange merged = range;
  for (; last != ranges_.end() && last->begin <= range.end; ++last) {
    merged.begin = std::min(merged.begin, last->begin);
    merged.end = std::max(merged.end, last->end);
  }
  ranges_.insert(ranges_.erase(first, last), merged);
  for (const ByteRange& part : added) size_ += part.size();
  return added;
}

bool RangeSet::Contains(const ByteRange& range) const {
  return range.empty() || RunEnd(range.begin) >= range.end;
}

std::uint64_t RangeSet::RunEnd(std::uint64_t offset) const {
  auto it = FirstEndingFrom(ranges_, offset);
  if (it != ranges_.end() && it->end == offset) ++it;
  return it != ranges_.end() && it->begin <= offset ? it->end : offset;
}

std::vector<ByteRange> RangeSet::Missing(const ByteRange& range) const {
  std::vector<ByteRange> missing;
  std::uint64_t next = range.begin;
  for (auto it = FirstEndingFrom(ranges_, range.begin);
       it != ranges_.end() && it->begin < range.end; ++it) {
    if (next < it->begin) missing.push_back({next, it->begin});
    next = std::max(next, it->end);
  }
  if (next < range.end) missing.push_back({next, range.end});
  return missing;
}

}  // namespace shoal::cache
