#include "tests/sim/world/held_segments.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"

namespace shoal::sim {

using core::kPieceSize;

const HeldSegments::Segment* HeldSegments::Find(const core::SegmentRef& ref) const {
  for (const Segment& segment : segments_) {
    if (segment.ref == ref) return &segment;
  }
  return nullptr;
}

HeldSegments::Segment& HeldSegments::FindOrAdd(const core::SegmentRef& ref, std::uint64_t length) {
  for (Segment& segment : segments_) {
    if (segment.ref == ref) return segment;
  }
  segments_.push_back({.ref = ref, .progress = {}, .from_cdn = {}});
  segments_.back().progress.resize(core::PieceCount(length));
  return segments_.back();
}

HeldSegments::Range* HeldSegments::FindFetch(core::FetchId fetch) {
  for (Segment& segment : segments_) {
    for (Range& range : segment.from_cdn) {
      if (range.fetch == fetch) return &range;
    }
  }
  return nullptr;
}

std::string HeldSegments::Store(const core::SegmentRef& ref, std::uint64_t offset,
                                std::uint32_t size, std::uint64_t length) {
  Segment& segment = FindOrAdd(ref, length);
  const std::uint64_t piece = offset / kPieceSize;
  const std::uint64_t within = offset % kPieceSize;
  if (size == 0 || offset + size > length) {
    return absl::StrCat("stores [", offset, ",", offset + size, ") of segment ", ref.ToString(),
                        ", which has ", length, " bytes");
  }
  if (segment.progress[piece] != within) {
    return absl::StrCat("stores at ", within, " of piece ", piece, " of segment ", ref.ToString(),
                        ", of which it holds ", segment.progress[piece]);
  }
  if (within + size > kPieceSize) {
    return absl::StrCat("stores ", size, " bytes at ", within, " of a piece");
  }
  segment.progress[piece] = static_cast<std::uint16_t>(within + size);
  bytes_ += size;
  return "";
}

std::string HeldSegments::CheckHeld(const core::SegmentRef& ref, std::uint64_t offset,
                                    std::uint32_t size) const {
  const Segment* segment = Find(ref);
  const std::uint64_t piece = offset / kPieceSize;
  const std::uint64_t held =
      segment != nullptr && piece < segment->progress.size() ? segment->progress[piece] : 0;
  if (offset % kPieceSize + size <= held) return "";
  return absl::StrCat("sends up to ", offset % kPieceSize + size, " of piece ", piece,
                      " of segment ", ref.ToString(), ", of which it holds ", held);
}

std::string HeldSegments::BeginFetch(const core::SegmentRef& ref, core::FetchId fetch,
                                     ByteRange range, std::uint64_t length) {
  Segment& segment = FindOrAdd(ref, length);
  range = range.Intersect({0, length});
  std::string wrong;
  for (const Range& known : segment.from_cdn) {
    const ByteRange twice =
        range.Intersect({known.begin, known.fetch != 0 ? known.end : known.next});
    if (twice.empty()) continue;
    wrong = absl::StrCat("fetches [", twice.begin, ",", twice.end, ") of segment ", ref.ToString(),
                         " from the CDN once more");
  }
  segment.from_cdn.push_back(
      {.fetch = fetch, .begin = range.begin, .next = range.begin, .end = range.end});
  return wrong;
}

void HeldSegments::Fetched(core::FetchId fetch, std::uint32_t size) {
  if (Range* range = FindFetch(fetch)) range->next += size;
}

void HeldSegments::EndFetch(core::FetchId fetch) {
  if (Range* range = FindFetch(fetch)) range->fetch = 0;
}

std::uint64_t HeldSegments::Prefix(const core::SegmentRef& ref) const {
  const Segment* segment = Find(ref);
  std::uint64_t prefix = 0;
  if (segment == nullptr) return prefix;
  for (const std::uint16_t progress : segment->progress) {
    prefix += progress;
    if (progress != kPieceSize) break;
  }
  return prefix;
}

void HeldSegments::Drop(const core::SegmentRef& ref) {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    Segment& segment = segments_[i];
    if (segment.ref != ref) continue;
    for (std::uint16_t& progress : segment.progress) bytes_ -= std::exchange(progress, 0);
    std::erase_if(segment.from_cdn, [](const Range& range) { return range.fetch == 0; });
    if (!segment.from_cdn.empty()) return;  // transfers that are still under way
    if (i + 1 < segments_.size()) segment = std::move(segments_.back());
    segments_.pop_back();
    return;
  }
}

void HeldSegments::DropStream(core::StreamId stream) {
  for (const Segment& segment : segments_) {
    if (segment.ref.stream != stream) continue;
    bytes_ -= std::accumulate(segment.progress.begin(), segment.progress.end(), std::uint64_t{0});
  }
  std::erase_if(segments_, [stream](const Segment& s) { return s.ref.stream == stream; });
}

}  // namespace shoal::sim
