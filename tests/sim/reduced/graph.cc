#include "tests/sim/reduced/graph.h"

#include <algorithm>
#include <utility>

#include "client/core/member_table.h"
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
                 .upload_class = ClassAt(v, step.at),
                 .can_be_dialled = true};
  call.member.zone = membership::ZoneOfAddress(call.member.endpoint.address);
  call.swarms.push_back({swarm_, step.joins ? membership::AnnounceEvent::kStarted
                                            : membership::AnnounceEvent::kRefresh});
  const auto result = tracker.Announce(call, step.at);
  if (!result.ok()) return;
  Dialler& dialler = diallers_[v];
  dialler.candidates.clear();
  double sum = 0;
  int known = 0;
  for (const Member& member : tracker.Find(swarm_)->Handout(call.member)) {
    dialler.candidates.push_back({ViewerAt(member.endpoint), member.upload_class});
    if (member.upload_class == kUploadUnknown) continue;
    sum += UploadBytesPerSecond(member.upload_class);
    ++known;
  }
  dialler.mean_upload = known == 0 ? 0 : sum / known;
  Plan({.at = step.at + TrackerModel::kLatency, .viewer = v, .what = Step::What::kAnswer});
  // Large swarms announce seldom; of an audience that has settled all have announced again.
  Plan({.at = step.at + std::min<Duration>(result->interval, kAnnounces), .viewer = v});
}

bool Graph::Linked(std::uint32_t a, std::uint32_t b) const {
  const std::vector<std::uint32_t>& peers = nodes_[a].peers;
  return std::find(peers.begin(), peers.end(), b) != peers.end();
}

UploadClass Graph::ClassAt(std::uint32_t viewer, TimePoint now) const {
  const Profile& profile = profiles_[viewer];
  if (profile.cap == 0u) return kUploadNone;
  if (now < profile.joins + kMeasured) return kUploadUnknown;
  return std::max<UploadClass>(UploadClassOf(profile.up), 1);
}

double Graph::LinksWanted(std::uint32_t viewer, TimePoint now) const {
  const UploadClass own = ClassAt(viewer, now);
  const double mean = diallers_[viewer].mean_upload;
  const bool known = own != kUploadUnknown && own != kUploadNone && mean > 0;
  const double strength = known ? UploadBytesPerSecond(own) / mean : 1;
  return links_ * std::clamp(strength, 1.0, core::Mesh::kStrongMax);
}

std::uint32_t Graph::Pick(Dialler& dialler) {
  using core::MemberTable;
  const auto weight = [&dialler](const Dialler::Candidate& candidate) {
    if (candidate.upload_class == kUploadUnknown || dialler.mean_upload <= 0) return 1.0;
    return std::clamp(UploadBytesPerSecond(candidate.upload_class) / dialler.mean_upload,
                      MemberTable::kDialWeightMin, MemberTable::kDialWeightMax);
  };
  double skip = 0;
  for (const Dialler::Candidate& candidate : dialler.candidates) skip += weight(candidate);
  skip *= random_.Uniform();
  std::size_t pick = 0;
  for (; pick + 1 < dialler.candidates.size(); ++pick) {
    skip -= weight(dialler.candidates[pick]);
    if (skip < 0) break;
  }
  const std::uint32_t peer = dialler.candidates[pick].viewer;
  dialler.candidates[pick] = dialler.candidates.back();
  dialler.candidates.pop_back();
  return peer;
}

void Graph::DialMore(std::uint32_t viewer, TimePoint now) {
  Dialler& dialler = diallers_[viewer];
  const double wanted = LinksWanted(viewer, now);
  while (static_cast<double>(nodes_[viewer].peers.size() + dialler.dialling) < wanted &&
         dialler.dialling < core::Mesh::kDialsMax && !dialler.candidates.empty()) {
    const std::uint32_t peer = Pick(dialler);
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

std::size_t Graph::WeakerThan(std::uint32_t viewer, UploadClass upload_class, TimePoint now) const {
  const Node& node = nodes_[viewer];
  std::size_t weakest = node.peers.size();
  UploadClass least = upload_class;
  for (std::size_t i = 0; i < node.peers.size(); ++i) {
    const UploadClass upload = ClassAt(node.peers[i], now);
    if (node.dialled[i] || upload == kUploadUnknown || upload >= least) continue;
    weakest = i;
    least = upload;
  }
  return weakest;
}

void Graph::Join(std::uint32_t viewer, std::uint32_t peer) {
  nodes_[viewer].peers.push_back(peer);
  nodes_[viewer].dialled.push_back(true);
  nodes_[peer].peers.push_back(viewer);
  nodes_[peer].dialled.push_back(false);
}

void Graph::Part(std::uint32_t viewer, std::uint32_t peer) {
  for (const auto& [from, whom] : {std::pair(viewer, peer), std::pair(peer, viewer)}) {
    Node& node = nodes_[from];
    const auto at = std::find(node.peers.begin(), node.peers.end(), whom) - node.peers.begin();
    node.peers.erase(node.peers.begin() + at);
    node.dialled.erase(node.dialled.begin() + at);
  }
}

void Graph::Hello(const Step& step) {
  const Duration latency = network_.Latency(step.viewer, step.peer);
  const Node& peer = nodes_[step.peer];
  if (!Linked(step.viewer, step.peer)) {
    const double most = core::Mesh::kAcceptedMax * LinksWanted(step.peer, step.at);
    bool accepts = static_cast<double>(peer.peers.size()) < most;
    const UploadClass own = ClassAt(step.viewer, step.at);
    if (!accepts && own != kUploadUnknown) {
      if (const std::size_t weaker = WeakerThan(step.peer, own, step.at);
          weaker < peer.peers.size()) {
        const std::uint32_t parted = peer.peers[weaker];
        Part(step.peer, parted);
        Plan({.at = step.at + latency, .viewer = parted, .what = Step::What::kAnswer});
        accepts = true;
      }
    }
    if (accepts) Join(step.viewer, step.peer);
  }
  Plan({.at = step.at + latency, .viewer = step.viewer, .what = Step::What::kDialOver});
}

}  // namespace shoal::sim::reduced
