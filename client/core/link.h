// One link as the core sees it: what the peer holds, what is asked of it, what it was told.
// Plain state.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_LINK_H_
#define SHOAL_CLIENT_CORE_LINK_H_

#include <cstdint>
#include <vector>

#include "client/core/peer_view.h"
#include "client/core/types.h"
#include "common/base/member.h"
#include "common/time/time.h"

namespace shoal::core {

struct Link {
  // What looks and messages touch lies side by side; of the peer, its class, which is its end.
  Member peer;
  LinkId id = 0;             // constant after construction
  std::uint32_t place = 0;   // how many of the stream's links come before it, now
  std::uint16_t pulls = 0;   // that are asked of it and not over; see OpenPulls
  bool has_dropped = false;  // `dropped` is not empty
  TimePoint last_heard{};
  TimePoint last_sent{};
  TimePoint backoff_until{};
  // Until when the peer counts for nothing: who claims what it does not give must not keep others
  // from seeding.
  TimePoint shunned_until{};
  double bytes_per_second = 0;          // moving average over its pulls; 0: none finished yet
  Duration response{Milliseconds(60)};  // moving average from Pull to first Data

  PeerView view;
  // Segments whose bytes are gone since it was last told; see Teller.
  std::vector<SegmentKey> dropped;
  PullId last_pull = 0;
  std::uint32_t empty_pulls = 0;  // in a row, that brought nothing at all

  // Constant after construction.
  bool dialled = false;
  TimePoint opened{};

  bool can_upload() const { return peer.upload_class != kUploadNone; }
  // What it says it holds can be had from it, as far as is known.
  bool serves(TimePoint now) const { return can_upload() && now >= shunned_until; }
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_LINK_H_
