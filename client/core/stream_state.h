// The state of one stream that the parts of the core which decide for it share, and the steps that
// more than one of them takes. Each part is a class of its own: PlayerDesk, Fetches, Mesh, Puller,
// Seeder, Handoff; Stream ties them together.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_STREAM_STATE_H_
#define SHOAL_CLIENT_CORE_STREAM_STATE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "client/core/assignment.h"
#include "client/core/context.h"
#include "client/core/figures.h"
#include "client/core/late_share.h"
#include "client/core/link.h"
#include "client/core/member_table.h"
#include "client/core/ordered_table.h"
#include "client/core/poller.h"
#include "client/core/segment_table.h"

namespace shoal::core {

struct StreamState {
  StreamState(Context& context, StreamId stream, const SwarmId& swarm_id)
      : ctx(context),
        id(stream),
        poller(context.now),
        members(context.self),
        swarm(swarm_id),
        policy(MakeAssignmentPolicy(context.config.assignment, context.random.Next())) {
    figures.stream = stream;
    figures.swarm = swarm_id;
  }

  Context& ctx;

  // What most events touch lies side by side: when to look, and the tables.

  // Something may change what is decided: a look is due, soon or at once.
  void LookSoon() { dirty = true; }
  void LookAtOnce() { dirty = urgent = true; }
  bool dirty = false;
  bool urgent = false;

  // Another one whenever what HoldersOf worked out before no longer holds: links came or went, or
  // began or ceased to upload, or peers forgot segments.
  std::uint32_t links_version = 1;

  // The earliest time at which the next look could change anything.
  void WakeAt(TimePoint time) { wake = wake ? std::min(*wake, time) : time; }
  std::optional<TimePoint> wake;

  OrderedTable<LinkId, Link> links;
  SegmentTable table;
  // Segments worth working on now, ordered by sequence.
  std::vector<std::uint64_t> window;
  // The same; while a look goes on, which forgets no segment.
  std::vector<Segment*> in_window;
  TimePoint shunned_until{};  // no link is shunned for longer
  // Since when somebody watches; nullopt: nobody does.
  std::optional<TimePoint> active_since;
  // The CDN does not serve byte ranges of this stream: segments come whole, unshared.
  bool no_ranges = false;
  // The own line carries so much more than the stream's bit rate that there is time to wait for
  // peers. If not, segments come from the CDN one after the other, as for a plain player.
  bool line_to_spare = true;
  // The tracker answered (or failed) at least once since the stream is followed.
  bool announced = false;
  const StreamId id;
  Poller poller;
  MemberTable members;
  std::optional<LateShare> late;  // from the first request on
  StreamFigures figures;

  const SwarmId swarm;
  const std::unique_ptr<AssignmentPolicy> policy;

  SwarmView View() const {
    return {.self = ctx.self,
            .own_class = ctx.uploader.upload_class(),
            .others = members.known(),
            .swarm_size = members.swarm_size(),
            .all_known = members.all_known(),
            .late_share = late ? late->value() : 0};
  }
  // Peers are not even tried, unless the CDN has failed.
  bool OnlyFromCdn(const Segment& segment) const {
    return !line_to_spare && segment.cdn_failures == 0;
  }

  // Who of the linked peers speaks of the segment, ordered by link, and how many hold its pieces.
  const Holders& HoldersOf(const Segment& segment) {
    Holders& holders = segment.holders;
    if (holders.Current(links_version, segment.pieces.size())) return holders;
    holders.Begin(links_version, segment.pieces.size());
    for (auto& [link_id, link] : links) {
      PeerView::Held* held = link.view.Find(segment.key);
      if (held != nullptr) holders.Add({link.place, &link, held}, link.can_upload());
    }
    return holders;
  }

  SegmentRef Ref(const Segment& segment) const { return {id, segment.sequence}; }
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_STREAM_STATE_H_
