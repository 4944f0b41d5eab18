// One link as the core sees it: what the peer holds, what is asked of it, what it was told.
// Plain state.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_LINK_H_
#define SHOAL_CLIENT_CORE_LINK_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "client/core/peer_view.h"
#include "client/core/types.h"
#include "common/base/member.h"
#include "common/time/time.h"

namespace shoal::core {

// A pull that was asked of the peer and is not over.
struct OutstandingPull {
  PullId pull = 0;
  std::uint64_t sequence = 0;
  PieceIndex piece = 0;
  std::uint32_t next = 0;  // offset in the piece of the next byte to come
  std::uint32_t from = 0;  // where it began
  TimePoint asked{};
  TimePoint last_data{};
  // When the peer was told to send no more: what it had sent by then is still welcome.
  std::optional<TimePoint> wound_down{};
};

struct Link {
  TimePoint last_sent{};
  TimePoint last_heard{};
  std::uint32_t place = 0;  // how many of the stream's links come before it, now
  // Segments whose bytes are gone since it was last told; see Teller.
  std::vector<SegmentKey> dropped;

  // Constant after construction.
  LinkId id = 0;
  bool dialled = false;
  TimePoint opened{};

  Member peer;
  PeerView view;

  // Downloading from it.
  std::vector<OutstandingPull> pulls;
  PullId last_pull = 0;
  TimePoint backoff_until{};
  // Pulls in a row that brought nothing at all, and until when the peer therefore counts for nothing:
  // who claims what it does not give must not keep others from seeding.
  std::uint32_t empty_pulls = 0;
  TimePoint shunned_until{};
  double bytes_per_second = 0;          // moving average over its pulls; 0: none finished yet
  Duration response{Milliseconds(60)};  // moving average from Pull to first Data

  bool can_upload() const { return peer.upload_class != kUploadNone; }
  // What it says it holds can be had from it, as far as is known.
  bool serves(TimePoint now) const { return can_upload() && now >= shunned_until; }

  OutstandingPull* FindPull(PullId pull) {
    const auto it = std::find_if(pulls.begin(), pulls.end(),
                                 [pull](const OutstandingPull& p) { return p.pull == pull; });
    return it == pulls.end() ? nullptr : &*it;
  }
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_LINK_H_
