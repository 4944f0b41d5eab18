// The bytes of segments, wherever they came from: which ones to hold and to drop is decided by the
// core; this only keeps them.
//
// A byte once stored never changes until its segment is dropped, since it may have been given to a
// player or a peer already: what is stored again is ignored. Memory is taken in blocks of one piece
// as bytes arrive, so a segment whose length is not known, or is a lie, costs nothing.
//
// Threads: not thread-safe; the loop's thread is the only caller.
#ifndef SHOAL_CLIENT_CACHE_SEGMENT_CACHE_H_
#define SHOAL_CLIENT_CACHE_SEGMENT_CACHE_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/cache/block_pool.h"
#include "client/cache/range_set.h"
#include "client/core/types.h"
#include "common/base/byte_range.h"

namespace shoal::cache {

// No segment has bytes at or beyond this offset: as many pieces as can be shared.
inline constexpr std::uint64_t kSegmentBytesMax =
    std::uint64_t{core::kPiecesPerSegmentMax} * core::kPieceSize;

// Free blocks kept for reuse.
inline constexpr std::size_t kFreeBlocksMax = 16;

struct CacheFigures {
  std::size_t segments = 0;          // with at least one byte
  std::uint64_t bytes_held = 0;      // bytes stored
  std::uint64_t bytes_in_use = 0;    // of the blocks they lie in
  std::uint64_t bytes_free = 0;      // of blocks kept for reuse
  std::uint64_t bytes_repeated = 0;  // only grows: stored again, and ignored
  std::uint64_t stores_refused = 0;  // only grows
};

class SegmentCache {
 public:
  // Blocks in use never exceed twice `budget_bytes`, what the core strives to stay within, rounded
  // up to whole blocks. The factor leaves room for blocks that are partly filled.
  explicit SegmentCache(std::uint64_t budget_bytes);

  // Keeps `bytes` as those from `offset` on, except where bytes are held already. Nothing is kept
  // unless all of it can be: OutOfRange at kSegmentBytesMax, ResourceExhausted at the memory limit.
  absl::Status Store(const core::SegmentRef& segment, std::uint64_t offset,
                     absl::string_view bytes);

  // The bytes held from `offset` on, without gap, at most `max` and at most to the end of their
  // block; empty if the byte at `offset` is not held. Valid until the next call that is not const.
  absl::string_view Read(const core::SegmentRef& segment, std::uint64_t offset,
                         std::uint64_t max) const;

  // True if all bytes of `range` are held; true for an empty range.
  bool Has(const core::SegmentRef& segment, const ByteRange& range) const;

  // Where the run of held bytes that begins at `offset` ends; `offset` if it is not held.
  std::uint64_t RunEnd(const core::SegmentRef& segment, std::uint64_t offset) const;

  // Bytes held of that segment.
  std::uint64_t SegmentBytes(const core::SegmentRef& segment) const;

  // Forgets all bytes of the segment, or of all segments of the stream.
  void Drop(const core::SegmentRef& segment);
  void DropStream(core::StreamId stream);

  std::uint64_t bytes_held() const { return bytes_held_; }
  CacheFigures figures() const;

 private:
  struct Entry {
    RangeSet held;
    absl::btree_map<std::uint64_t, Block> blocks;  // by index: offset / kBlockSize
  };
  using Segments = absl::btree_map<core::SegmentRef, Entry>;

  Segments::iterator Erase(Segments::iterator it);

  const std::size_t blocks_max_;
  BlockPool pool_;
  Segments segments_;
  std::uint64_t bytes_held_ = 0;
  std::uint64_t bytes_repeated_ = 0;
  std::uint64_t stores_refused_ = 0;
};

}  // namespace shoal::cache

#endif  // SHOAL_CLIENT_CACHE_SEGMENT_CACHE_H_
