#include "tests/sim/reduced/graph.h"

#include <algorithm>

#include "client/core/mesh.h"
#include "tests/sim/world/links.h"
#include "tests/sim/world/media.h"
#include "tests/sim/world/mix.h"
#include "tests/sim/world/tracker_model.h"
#include "tracker/membership/zone.h"

namespace shoal::sim::reduced {
namespace {

// From joining to announcing: the playlist comes first.
constexpr Duration kPlaylistTransfer = Milliseconds(2);
// One-way times until Hello arrives: TCP's handshake, HTTP/2's settings, Hello.
constexpr int kUntilHello = 5;

membership::MembershipConfig ConfigOf(const Scenario& scenario, std::size_t viewers) {
  membership::MembershipConfig config;
  config.placement_seed = Mix(scenario.seed, 0x706c6163);
  config.max_members_per_swarm = viewers + 1;
  config.max_members = viewers + 1;
  return config;
}

}  // namespace

UploadClass ClassOf(const Profile& profile) {
  return profile.cap == 0u ? kUploadNone : kUploadUnknown;
}

Graph::Graph(const Scenario& scenario, const std::vector<Profile>& profiles)
    : profiles_(profiles),
      links_(scenario.client.links),
      swarm_(Media(scenario).Swarm(0)),
      network_(scenario),
      nodes_(profiles.size()),
      diallers_(profiles.size()),
      random_(Mix(scenario.seed, 0x6772617068)) {
  membership::Membership tracker(ConfigOf(scenario, profiles.size()),
                                 Random(Mix(scenario.seed, 0x747261636b)));
  for (std::uint32_t v = 0; v < profiles.size(); ++v) {
    const Duration until = scenario.cdn.first_byte + kPlaylistTransfer + TrackerModel::kLatency;
    Plan({.at = profiles[v].joins + until, .viewer = v, .joins = true});
  }
  while (!steps_.empty()) {
    const Step step = steps_.top();
    steps_.pop();
    switch (step.what) {
      case Step::What::kAnnounce:
        if (step.at < TimePoint(kSettles)) Announce(step, tracker);
        break;
      case Step::What::kHello:
        Hello(step);
        break;
      case Step::What::kDialOver:
        --diallers_[step.viewer].dialling;
        [[fallthrough]];
      case Step::What::kAnswer:
        DialMore(step.viewer, step.at);
        break;
    }
  }
}

void Graph::Plan(Step step) {
  step.order = ++planned_;
  steps_.push(step);
}

void Graph::Announce(const Step& step, membership::Membership& tracker) {
  const std::uint32_t v = step.viewer;
  membership::AnnounceCall call;
  call.member = {.id = profiles_[v].id,
                 .endpoint = EndpointOf(v),
                 .upload_class = ClassOf(profiles_[v]),
                 .can_be_dialled = true};
  call.member.zone = membership::ZoneOfAddress(call.member.endpoint.address);
  call.swarms.push_back({swarm_, step.joins ? membership::AnnounceEvent::kStarted
                                            : membership::AnnounceEvent::kRefresh});
  const auto result = tracker.Announce(call, step.at);
  if (!result.ok()) return;
  diallers_[v].candidates.clear();
  for (const Member& member : tracker.Find(swarm_)->Handout(call.member)) {
    diallers_[v].candidates.push_back(ViewerAt(member.endpoint));
  }
  Plan({.at = step.at + TrackerModel::kLatency, .viewer = v, .what = Step::What::kAnswer});
  // Large swarms announce seldom; of an audience that has settled all have announced again.
  Plan({.at = step.at + std::min<Duration>(result->interval, kSettles / 3), .viewer = v});
}

bool Graph::Linked(std::uint32_t a, std::uint32_t b) const {
  const std::vector<std::uint32_t>& peers = nodes_[a].peers;
  return std::find(peers.begin(), peers.end(), b) != peers.end();
}

void Graph::DialMore(std::uint32_t viewer, TimePoint now) {
  Dialler& dialler = diallers_[viewer];
  while (nodes_[viewer].peers.size() + dialler.dialling < links_ &&
         dialler.dialling < core::Mesh::kDialsMax && !dialler.candidates.empty()) {
    const std::size_t pick = random_.Below(dialler.candidates.size());
    const std::uint32_t peer = dialler.candidates[pick];
    dialler.candidates[pick] = dialler.candidates.back();
    dialler.candidates.pop_back();
    if (Linked(viewer, peer)) continue;
    ++dialler.dialling;
    if (profiles_[peer].can_be_dialled) {
      Plan({.at = now + kUntilHello * network_.Latency(viewer, peer),
            .viewer = viewer,
            .peer = peer,
            .what = Step::What::kHello});
    } else {
      Plan({.at = now + Links::kDialLimit, .viewer = viewer, .what = Step::What::kDialOver});
    }
  }
}

void Graph::Hello(const Step& step) {
  const bool accepts = nodes_[step.peer].peers.size() < links_ * 3 / 2;
  if (accepts && !Linked(step.viewer, step.peer)) {
    nodes_[step.viewer].peers.push_back(step.peer);
    nodes_[step.peer].peers.push_back(step.viewer);
  }
  Plan({.at = step.at + network_.Latency(step.viewer, step.peer),
        .viewer = step.viewer,
        .what = Step::What::kDialOver});
}

}  // namespace shoal::sim::reduced
