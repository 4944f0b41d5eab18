#include "client/cache/segment_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace shoal::cache {
namespace {

std::size_t BlocksFor(std::uint64_t bytes) {
  return static_cast<std::size_t>(bytes / kBlockSize + (bytes % kBlockSize != 0 ? 1 : 0));
}

}  // namespace

SegmentCache::SegmentCache(std::uint64_t budget_bytes)
    : blocks_max_(2 * BlocksFor(budget_bytes)), pool_(kFreeBlocksMax) {}

absl::Status SegmentCache::Store(const core::SegmentRef& segment, std::uint64_t offset,
                                 absl::string_view bytes) {
  if (bytes.empty()) return absl::OkStatus();
  if (offset >= kSegmentBytesMax || bytes.size() > kSegmentBytesMax - offset) {
    ++stores_refused_;
    return absl::OutOfRangeError(absl::StrCat("segment ", segment.ToString(), ": ", bytes.size(),
                                              " bytes at ", offset, " end beyond the limit of ",
                                              kSegmentBytesMax));
  }
  const std::uint64_t end = offset + bytes.size();
  const auto known = segments_.find(segment);
  std::size_t blocks_wanted = 0;
  for (std::uint64_t index = offset / kBlockSize; index <= (end - 1) / kBlockSize; ++index) {
    if (known == segments_.end() || !known->second.blocks.contains(index)) ++blocks_wanted;
  }
  if (pool_.blocks_in_use() + blocks_wanted > blocks_max_) {
    ++stores_refused_;
    return absl::ResourceExhaustedError(
        absl::StrCat("segment ", segment.ToString(), ": ", bytes.size(), " bytes at ", offset,
                     " need more than the ", blocks_max_, " blocks that may be held"));
  }

  Entry& entry = known == segments_.end() ? segments_[segment] : known->second;
  std::uint64_t kept = 0;
  for (const ByteRange& part : entry.held.Add({offset, end})) {
    for (std::uint64_t at = part.begin; at < part.end;) {
      const std::uint64_t within = at % kBlockSize;
      const std::uint64_t size = std::min<std::uint64_t>(part.end - at, kBlockSize - within);
      Block& block = entry.blocks[at / kBlockSize];
      if (block == nullptr) block = pool_.Take();
      std::memcpy(block.get() + within, bytes.data() + (at - offset), size);
      at += size;
    }
    kept += part.size();
  }
  bytes_held_ += kept;
  bytes_repeated_ += bytes.size() - kept;
  return absl::OkStatus();
}

absl::string_view SegmentCache::Read(const core::SegmentRef& segment, std::uint64_t offset,
                                     std::uint64_t max) const {
  const auto it = segments_.find(segment);
  if (it == segments_.end()) return {};
  const std::uint64_t run = it->second.held.RunEnd(offset) - offset;
  if (run == 0) return {};
  const std::uint64_t within = offset % kBlockSize;
  const std::uint64_t size = std::min({run, max, kBlockSize - within});
  return {it->second.blocks.at(offset / kBlockSize).get() + within, static_cast<std::size_t>(size)};
}

bool SegmentCache::Has(const core::SegmentRef& segment, const ByteRange& range) const {
  if (range.empty()) return true;
  const auto it = segments_.find(segment);
  return it != segments_.end() && it->second.held.Contains(range);
}

std::uint64_t SegmentCache::RunEnd(const core::SegmentRef& segment, std::uint64_t offset) const {
  const auto it = segments_.find(segment);
  return it == segments_.end() ? offset : it->second.held.RunEnd(offset);
}

std::uint64_t SegmentCache::SegmentBytes(const core::SegmentRef& segment) const {
  const auto it = segments_.find(segment);
  return it == segments_.end() ? 0 : it->second.held.size();
}

void SegmentCache::Drop(const core::SegmentRef& segment) {
  const auto it = segments_.find(segment);
  if (it != segments_.end()) Erase(it);
}

void SegmentCache::DropStream(core::StreamId stream) {
  auto it = segments_.lower_bound({.stream = stream, .sequence = 0});
  while (it != segments_.end() && it->first.stream == stream) it = Erase(it);
}

CacheFigures SegmentCache::figures() const {
  return {.segments = segments_.size(),
          .bytes_held = bytes_held_,
          .bytes_in_use = std::uint64_t{pool_.blocks_in_use()} * kBlockSize,
          .bytes_free = std::uint64_t{pool_.blocks_free()} * kBlockSize,
          .bytes_repeated = bytes_repeated_,
          .stores_refused = stores_refused_};
}

SegmentCache::Segments::iterator SegmentCache::Erase(Segments::iterator it) {
  bytes_held_ -= it->second.held.size();
  for (auto& indexed : it->second.blocks) pool_.Return(std::move(indexed.second));
  return segments_.erase(it);
}

}  // namespace shoal::cache
