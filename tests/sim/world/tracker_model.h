// The tracker: the product's Membership behind a network, and what may be wrong with it.
//
// A call takes the viewer's up line and one latency there and back. During an outage it fails, as a
// refused connection does. With stale handouts a second Membership hears of everything that much
// later, and handouts come from there, as from a tracker that lags behind its peers.
//
// As in tracker/service: the member's address is the connection's, its zone follows from it, and it
// counts as one that can be dialled if it names a port. As in client/announce: nobody is handed
// itself, and swarms that were left are not answered for.
//
// Ownership: borrows all that is handed in. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_TRACKER_MODEL_H_
#define SHOAL_TESTS_SIM_WORLD_TRACKER_MODEL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "client/core/actions.h"
#include "client/core/events.h"
#include "common/base/member.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/agenda.h"
#include "tests/sim/world/network_model.h"
#include "tracker/membership/membership.h"

namespace shoal::sim {

// Where viewer `index` listens. Zones, the first two bytes, are sixteen.
Endpoint EndpointOf(std::uint32_t index);
// The viewer that listens there. REQUIRES: an endpoint of EndpointOf.
std::uint32_t ViewerAt(const Endpoint& endpoint);

// What clients hear of the tracker. Calls come from TrackerModel::Handle only.
class TrackerListener {
 public:
  virtual ~TrackerListener() = default;
  virtual void OnAnnounceAnswered(std::uint32_t viewer, core::AnnounceAnswered answer) = 0;
  virtual void OnAnnounceFailed(std::uint32_t viewer) = 0;
};

class TrackerModel {
 public:
  static constexpr Duration kLatency = Milliseconds(15);  // one way
  static constexpr std::uint32_t kRequest = 200;          // bytes, about

  TrackerModel(const Scenario& scenario, Agenda& agenda, NetworkModel& network,
               TrackerListener& listener);

  void Announce(std::uint32_t viewer, const PeerId& id, const core::Announce& announce);

  // kAnnounceAsked and kAnnounceDone.
  void Handle(const Agenda::Entry& entry);
  // Once a second or so.
  void Expire();

  const membership::Membership& membership() const { return now_; }

 private:
  struct Call {
    std::uint32_t viewer = 0;
    membership::AnnounceCall call;
    std::vector<core::AnnouncedSwarm> swarms;
    core::AnnounceAnswered answer;
    bool failed = false;
  };
  struct Late {
    TimePoint at;  // when the lagging tracker hears of it
    membership::AnnounceCall call;
  };

  bool Down(TimePoint time) const;
  void Carry(Call& call);
  void CatchUp();
  void ExpireAll(membership::Membership& membership);

  Agenda& agenda_;
  NetworkModel& network_;
  TrackerListener& listener_;
  const std::vector<Outage> outages_;
  const Duration lag_;

  membership::Membership now_;
  std::unique_ptr<membership::Membership> then_;  // with stale handouts
  std::deque<Late> late_;
  std::deque<Call> calls_;
  std::vector<std::uint32_t> free_;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_TRACKER_MODEL_H_
