// What became of each piece of a segment that was played: obtained from peers, sent to them, handed
// off. Kept at the pieces; told to the assignment policy once per segment.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_ACCOUNTS_H_
#define SHOAL_CLIENT_CORE_ACCOUNTS_H_

#include <cstdint>

#include "client/core/actions.h"
#include "client/core/stream_state.h"

namespace shoal::core {

class Accounts {
 public:
  // A segment's account is closed once so many after it were played: until then peers may still
  // take of it.
  static constexpr std::uint64_t kClosedBehind = 2;

  explicit Accounts(StreamState& state) : s_(state) {}

  void Sent(const SendData& sent);
  // A player was handed the segment `sequence`: closes the accounts that are due. Segments that a
  // playback started with are left out, for they come from the CDN whatever the swarm is like.
  void SegmentPlayed(std::uint64_t sequence);

 private:
  StreamState& s_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_ACCOUNTS_H_
