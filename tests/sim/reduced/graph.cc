#include "tests/sim/reduced/graph.h"

#include <algorithm>
#include <queue>
#include <tuple>

#include "tests/sim/world/mix.h"
#include "tests/sim/world/tracker_model.h"
#include "tracker/membership/membership.h"
#include "tracker/membership/zone.h"

namespace shoal::sim::reduced {

UploadClass ClassOf(const Profile& profile) {
  return profile.cap == 0u ? kUploadNone : kUploadUnknown;
}

Graph::Graph(const Scenario& scenario, const std::vector<Profile>& profiles)
    : nodes_(profiles.size()), random_(Mix(scenario.seed, 0x6772617068)) {
  Build(scenario, profiles);
}

void Graph::Build(const Scenario& scenario, const std::vector<Profile>& profiles) {
  membership::MembershipConfig config;
  config.placement_seed = Mix(scenario.seed, 0x706c6163);
  config.max_members_per_swarm = profiles.size() + 1;
  config.max_members = profiles.size() + 1;
  membership::Membership tracker(config, Random(Mix(scenario.seed, 0x747261636b)));
  const SwarmId swarm = Media(scenario).Swarm(0);

  using Call = std::tuple<TimePoint, std::uint32_t, bool>;  // when, who, joins
  std::priority_queue<Call, std::vector<Call>, std::greater<>> calls;
  for (std::uint32_t v = 0; v < profiles.size(); ++v) calls.emplace(profiles[v].joins, v, true);
  while (!calls.empty() && std::get<0>(calls.top()) < TimePoint(kSettles)) {
    const auto [now, v, joins] = calls.top();
    calls.pop();
    membership::AnnounceCall call;
    call.member = {.id = profiles[v].id,
                   .endpoint = EndpointOf(v),
                   .upload_class = ClassOf(profiles[v]),
                   .can_be_dialled = true};
    call.member.zone = membership::ZoneOfAddress(call.member.endpoint.address);
    call.swarms.push_back(
        {swarm, joins ? membership::AnnounceEvent::kStarted : membership::AnnounceEvent::kRefresh});
    const auto result = tracker.Announce(call, now);
    if (!result.ok()) continue;
    calls.emplace(now + result->interval, v, false);
    nodes_[v].swarm_size = static_cast<std::uint32_t>(result->handouts[0].swarm_size);
    std::vector<std::uint32_t> handed;
    for (const Member& member : tracker.Find(swarm)->Handout(call.member)) {
      handed.push_back(ViewerAt(member.endpoint));
    }
    Dial(v, handed, scenario.client.links, profiles);
  }
}

bool Graph::Linked(std::uint32_t a, std::uint32_t b) const {
  const std::vector<std::uint32_t>& peers = nodes_[a].peers;
  return std::find(peers.begin(), peers.end(), b) != peers.end();
}

void Graph::Dial(std::uint32_t viewer, std::vector<std::uint32_t> candidates, std::uint32_t links,
                 const std::vector<Profile>& profiles) {
  while (nodes_[viewer].peers.size() < links && !candidates.empty()) {
    const std::size_t pick = random_.Below(candidates.size());
    const std::uint32_t peer = candidates[pick];
    candidates[pick] = candidates.back();
    candidates.pop_back();
    const bool refuses = nodes_[peer].peers.size() >= links * 3 / 2;
    if (refuses || !profiles[peer].can_be_dialled || Linked(viewer, peer)) continue;
    nodes_[viewer].peers.push_back(peer);
    nodes_[peer].peers.push_back(viewer);
  }
}

}  // namespace shoal::sim::reduced
