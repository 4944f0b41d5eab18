// What a scheduling tracker is told, and what it orders. Threads: values.
#ifndef SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULE_H_
#define SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULE_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "client/core/types.h"
#include "common/base/endpoint.h"
#include "common/time/time.h"

namespace shoal::bench {

// Pieces of one segment; bit i is the piece of index i.
using PieceMap = std::uint64_t;

inline constexpr std::uint32_t kPiecesPerSegmentMax = 64;
inline constexpr std::uint32_t kSegmentLengthMax = kPiecesPerSegmentMax * core::kPieceSize;

constexpr std::uint32_t PieceCount(std::uint32_t length) {
  return (length + core::kPieceSize - 1) / core::kPieceSize;
}
constexpr std::uint32_t PieceSize(std::uint32_t length, std::uint32_t piece) {
  return std::min(core::kPieceSize, length - piece * core::kPieceSize);
}
constexpr PieceMap Bit(std::uint32_t piece) { return PieceMap{1} << piece; }
// All pieces of a segment of that length.
constexpr PieceMap AllPieces(std::uint32_t length) {
  const std::uint32_t count = PieceCount(length);
  return count >= kPiecesPerSegmentMax ? ~PieceMap{0} : Bit(count) - 1;
}

// Calls `handle` with the index of each piece in `pieces`, from the lowest on.
template <class Handle>
void ForEachPiece(PieceMap pieces, Handle handle) {
  for (; pieces != 0; pieces &= pieces - 1) {
    handle(static_cast<std::uint32_t>(std::countr_zero(pieces)));
  }
}

// Who joins.
struct Joiner {
  Endpoint endpoint;
  double upload_bytes_per_s = 0;
};

// Of one segment in a report; see schedule.proto.
struct SegmentNews {
  std::uint32_t sequence = 0;
  PieceMap held = 0;
  PieceMap failed = 0;
  std::uint32_t length = 0;  // 0: nothing new about what is wanted
  Duration needed_in{};

  friend bool operator==(const SegmentNews&, const SegmentNews&) = default;
};

// Fetch this piece from there.
struct Order {
  std::uint32_t sequence = 0;
  std::uint32_t piece = 0;
  const Endpoint* source = nullptr;  // nullptr: the CDN. Valid until the next call of the swarm
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULE_H_
