// Takes bytes in, from wherever they came: the one place where progress grows.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_INTAKE_H_
#define SHOAL_CLIENT_CORE_INTAKE_H_

#include "client/core/stream_state.h"
#include "client/core/teller.h"

namespace shoal::core {

class Intake {
 public:
  // Bytes at hand: `size` of the payload from `skip`, which belong at `offset` of the piece.
  struct Bytes {
    std::uint32_t offset = 0;
    std::uint32_t skip = 0;
    std::uint32_t size = 0;
  };

  Intake(StreamState& state, Teller& teller) : s_(state), teller_(teller) {}

  // Stores what of these bytes is new and continues what is held; returns how many that were. The
  // rest is counted as wasted. REQUIRES: offset + size <= the piece's size.
  std::uint32_t Take(Segment& segment, PieceIndex index, const Bytes& bytes);

 private:
  StreamState& s_;
  Teller& teller_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_INTAKE_H_
