#include "tests/sim/world/tracker_model.h"

#include <algorithm>
#include <utility>

#include "tests/sim/world/links.h"
#include "tests/sim/world/mix.h"
#include "tracker/membership/zone.h"

namespace shoal::sim {
namespace {

membership::AnnounceEvent EventOf(core::AnnounceKind kind) {
  switch (kind) {
    case core::AnnounceKind::kStarted:
      return membership::AnnounceEvent::kStarted;
    case core::AnnounceKind::kStopped:
      return membership::AnnounceEvent::kStopped;
    case core::AnnounceKind::kRefresh:
      break;
  }
  return membership::AnnounceEvent::kRefresh;
}

membership::MembershipConfig ConfigOf(const Scenario& scenario) {
  membership::MembershipConfig config;
  config.placement_seed = Mix(scenario.seed, 0x706c6163);
  return config;
}

}  // namespace

Endpoint EndpointOf(std::uint32_t index) {
  const auto byte = [index](int shift) { return static_cast<char>(index >> shift); };
  const char zone = static_cast<char>(20 + Mix(index, 0x7a6f6e65) % 16);
  return {.address = {zone, byte(16), byte(8), byte(0)}, .port = Links::kPort};
}

std::uint32_t ViewerAt(const Endpoint& endpoint) {
  std::uint32_t index = 0;
  for (int i = 1; i < 4; ++i) {
    index = index << 8 | static_cast<std::uint8_t>(endpoint.address[static_cast<std::size_t>(i)]);
  }
  return index;
}

TrackerModel::TrackerModel(const Scenario& scenario, Agenda& agenda, NetworkModel& network,
                           TrackerListener& listener)
    : agenda_(agenda),
      network_(network),
      listener_(listener),
      outages_(scenario.faults.tracker),
      lag_(scenario.faults.stale_handouts),
      now_(ConfigOf(scenario), Random(Mix(scenario.seed, 0x747261636b))) {
  if (lag_ > Duration::zero()) {
    then_ = std::make_unique<membership::Membership>(ConfigOf(scenario),
                                                     Random(Mix(scenario.seed, 0x6c6167)));
  }
}

bool TrackerModel::Down(TimePoint time) const {
  return std::any_of(outages_.begin(), outages_.end(), [time](const Outage& outage) {
    return outage.begin <= time && time < outage.begin + outage.length;
  });
}

void TrackerModel::Announce(std::uint32_t viewer, const PeerId& id,
                            const core::Announce& announce) {
  auto slot = static_cast<std::uint32_t>(calls_.size());
  if (free_.empty()) {
    calls_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Call& call = calls_[slot];
  call = Call{.viewer = viewer, .call = {}, .swarms = announce.swarms, .answer = {}};
  call.call.member = {.id = id,
                      .endpoint = EndpointOf(viewer),
                      .upload_class = announce.upload_class,
                      .can_be_dialled = true};
  call.call.member.zone = membership::ZoneOfAddress(call.call.member.endpoint.address);
  for (const core::AnnouncedSwarm& swarm : announce.swarms) {
    call.call.swarms.push_back({swarm.swarm, EventOf(swarm.kind)});
  }
  const TimePoint sent = network_.up(viewer).Enqueue(agenda_.now(), kRequest);
  agenda_.Add(sent + kLatency, Happening::kAnnounceAsked, slot);
}

void TrackerModel::Handle(const Agenda::Entry& entry) {
  Call& call = calls_[entry.a];
  if (entry.what == Happening::kAnnounceAsked) {
    Carry(call);
    agenda_.Add(agenda_.now() + kLatency, Happening::kAnnounceDone, entry.a);
    return;
  }
  const Call done = std::exchange(call, Call{});
  free_.push_back(entry.a);
  if (done.failed) {
    listener_.OnAnnounceFailed(done.viewer);
  } else {
    listener_.OnAnnounceAnswered(done.viewer, done.answer);
  }
}

void TrackerModel::Carry(Call& call) {
  const TimePoint now = agenda_.now();
  if (Down(now)) {
    call.failed = true;
    return;
  }
  const absl::StatusOr<membership::AnnounceResult> result = now_.Announce(call.call, now);
  if (!result.ok()) {
    call.failed = true;
    return;
  }
  if (then_) late_.push_back({now + lag_, call.call});
  CatchUp();
  call.answer.interval = result->interval;
  for (std::size_t i = 0; i < call.swarms.size(); ++i) {
    if (call.swarms[i].kind == core::AnnounceKind::kStopped) continue;
    const membership::Swarm* swarm = (then_ ? *then_ : now_).Find(call.swarms[i].swarm);
    core::SwarmHandout handout{
        .stream = call.swarms[i].stream, .swarm_size = 1, .added = {}, .removed = {}};
    if (swarm != nullptr) {
      handout.swarm_size = std::max<std::uint32_t>(static_cast<std::uint32_t>(swarm->size()), 1);
      handout.added = swarm->Handout(call.call.member);
    }
    call.answer.swarms.push_back(std::move(handout));
  }
}

void TrackerModel::CatchUp() {
  while (!late_.empty() && late_.front().at <= agenda_.now()) {
    // Limits are far away; a refusal would only leave a member out.
    (void)then_->Announce(late_.front().call, late_.front().at);
    late_.pop_front();
  }
}

void TrackerModel::Expire() {
  ExpireAll(now_);
  if (!then_) return;
  CatchUp();
  ExpireAll(*then_);
}

void TrackerModel::ExpireAll(membership::Membership& membership) {
  membership.Expire(agenda_.now(), membership.places());
}

}  // namespace shoal::sim
