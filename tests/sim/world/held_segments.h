// What a viewer's client holds of the stream, and what it got from the CDN: the books of the cache,
// without the bytes. Finds out what a core must not do.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_HELD_SEGMENTS_H_
#define SHOAL_TESTS_SIM_WORLD_HELD_SEGMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "client/core/types.h"
#include "common/base/byte_range.h"

namespace shoal::sim {

class HeldSegments {
 public:
  // Each returns what is wrong with it, or nothing. `length` is the segment's true length.

  // Bytes are put at `offset`: they must continue what is held of their piece.
  std::string Store(const core::SegmentRef& segment, std::uint64_t offset, std::uint32_t size,
                    std::uint64_t length);
  // The bytes [offset, offset + size) are sent: they must be held, and of one piece.
  std::string CheckHeld(const core::SegmentRef& segment, std::uint64_t offset,
                        std::uint32_t size) const;
  // A transfer of `range` from the CDN begins: nothing of it may be under way or have come from
  // there before, since the segment was dropped last.
  std::string BeginFetch(const core::SegmentRef& segment, core::FetchId fetch, ByteRange range,
                         std::uint64_t length);

  // Of the transfer came `size` bytes; it is over.
  void Fetched(core::FetchId fetch, std::uint32_t size);
  void EndFetch(core::FetchId fetch);

  // Bytes held of the first pieces, without a gap.
  std::uint64_t Prefix(const core::SegmentRef& segment) const;
  void Drop(const core::SegmentRef& segment);
  void DropStream(core::StreamId stream);

  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Range {
    core::FetchId fetch = 0;  // 0: over
    std::uint64_t begin = 0;
    std::uint64_t next = 0;
    std::uint64_t end = 0;
  };
  struct Segment {
    core::SegmentRef ref;
    std::vector<std::uint16_t> progress;  // of each piece
    std::vector<Range> from_cdn;
  };
  static_assert(core::kPieceSize <= UINT16_MAX);

  const Segment* Find(const core::SegmentRef& ref) const;
  Segment& FindOrAdd(const core::SegmentRef& ref, std::uint64_t length);
  Range* FindFetch(core::FetchId fetch);

  std::vector<Segment> segments_;  // few, in no order
  std::uint64_t bytes_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_HELD_SEGMENTS_H_
