#include "tests/sim/world/world.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace shoal::sim {
namespace {

constexpr Duration kSecond = Seconds(1);

}  // namespace

World::World(const Scenario& scenario)
    : scenario_(scenario),
      media_(scenario_),
      population_(scenario_, media_),
      network_(scenario_),
      links_(agenda_, network_, *this, scenario_.network.socket_buffer),
      cdn_(scenario_, agenda_, network_, media_, *this),
      tracker_(scenario_, agenda_, network_, *this),
      accounts_(scenario_, media_),
      parts_{.scenario = scenario_,
             .media = media_,
             .agenda = agenda_,
             .links = links_,
             .cdn = cdn_,
             .tracker = tracker_,
             .accounts = accounts_,
             .trace = trace_} {
  for (const TimePoint joins : population_.joins()) Add(joins);
  agenda_.Add(TimePoint(kSecond), Happening::kTick, 0);
}

World::~World() = default;

void World::Add(TimePoint joins) {
  const auto index = static_cast<std::uint32_t>(viewers_.size());
  const Profile profile = population_.Next(joins);
  network_.AddViewer(profile.up, profile.down);
  links_.AddViewer();
  if (!profile.can_be_dialled) links_.SetPresence(index, Presence::kSilent);
  viewers_.push_back(std::make_unique<Viewer>(parts_, index, profile));
  agenda_.Add(joins, Happening::kJoin, index);
}

void World::RunUntil(TimePoint time) {
  if (time <= agenda_.now()) return;
  Agenda::Entry entry;
  while (agenda_.Take(time, &entry)) {
    Dispatch(entry);
  }
}

void World::Dispatch(const Agenda::Entry& entry) {
  switch (entry.what) {
    case Happening::kTick:
      return Tick();
    case Happening::kJoin:
      return Join(entry.a);
    case Happening::kLeave:
    case Happening::kVanish:
      return Depart(entry.a, entry.what == Happening::kVanish);
    case Happening::kWake:
      return viewers_[entry.a]->OnWake(entry.b);
    case Happening::kPlayerWake:
      return viewers_[entry.a]->OnPlayerWake(entry.b);
    case Happening::kServed:
      return viewers_[entry.a]->OnServed(entry.c);
    case Happening::kPlaylist:
      return viewers_[entry.a]->OnPlaylist(entry.b, entry.c);
    case Happening::kAnnounceAsked:
    case Happening::kAnnounceDone:
      return tracker_.Handle(entry);
    case Happening::kCdnHead:
    case Happening::kCdnPush:
    case Happening::kCdnChunk:
    case Happening::kCdnAck:
      return cdn_.Handle(entry);
    case Happening::kConnected:
    case Happening::kRefused:
    case Happening::kDialTimeout:
    case Happening::kMessageArrives:
    case Happening::kMessageIn:
    case Happening::kDataArrives:
    case Happening::kDataIn:
      return links_.Handle(entry);
  }
}

void World::Join(std::uint32_t index) {
  const Profile& profile = viewers_[index]->profile();
  if (profile.leaves) {
    agenda_.Add(*profile.leaves, profile.abruptly ? Happening::kVanish : Happening::kLeave, index);
  }
  viewers_[index]->Join();
}

void World::Depart(std::uint32_t index, bool abruptly) {
  if (abruptly) {
    viewers_[index]->Vanish();
  } else {
    viewers_[index]->Leave();
  }
  if (viewers_[index]->profile().replaced) Add(now());
}

void World::Tick() {
  for (const auto& viewer : viewers_) viewer->ReportStalls();
  tracker_.Expire();
  accounts_.Tick(now());
  agenda_.Add(now() + kSecond, Happening::kTick, 0);
}

Result World::Sum() {
  for (const auto& viewer : viewers_) {
    if (viewer->present()) viewer->Vanish();
  }
  Result result = accounts_.Sum(now());
  result.trace = trace_.digest();
  return result;
}

// ---- LinkListener ------------------------------------------------------------------------------

bool World::OnHello(std::uint32_t viewer, std::uint32_t rendition) {
  return viewers_[viewer]->Follows(rendition);
}

void World::OnLinkOpened(std::uint32_t viewer, core::LinkId link, std::uint32_t rendition,
                         std::uint32_t peer, UploadClass peer_class, bool dialled) {
  viewers_[viewer]->OnLinkOpened(link, rendition, peer, viewers_[peer]->profile().id, peer_class,
                                 dialled);
}

void World::OnDialFailed(std::uint32_t viewer, std::uint32_t rendition, std::uint32_t peer,
                         core::ByeReason reason) {
  viewers_[viewer]->OnDialFailed(rendition, viewers_[peer]->profile().id, reason);
}

void World::OnLinkMessage(std::uint32_t viewer, core::LinkId link, core::LinkMessage&& message) {
  if (const auto* data = std::get_if<core::Data>(&message)) {
    accounts_.PeerReceived(viewer, data->size, now());
  }
  viewers_[viewer]->Feed(core::MessageReceived{link, std::move(message)});
}

void World::OnLinkClosed(std::uint32_t viewer, core::LinkId link, core::ByeReason reason) {
  viewers_[viewer]->Feed(core::LinkClosed{link, reason});
}

UploadClass World::ClassOf(std::uint32_t viewer) const { return viewers_[viewer]->upload_class(); }

void World::OnSent(std::uint32_t, const WireSize& size, std::uint32_t payload) {
  if (payload == 0) accounts_.ControlSent(size.framed(), now());
}

void World::OnOverflow(std::uint32_t viewer, std::uint64_t bytes) {
  accounts_.Violation(viewer, now(), absl::StrCat(bytes, " bytes wait on a link"));
}

// ---- CdnListener -------------------------------------------------------------------------------

void World::OnCdnHead(const TransferName& name, std::uint64_t total_length, Duration first_byte) {
  viewers_[name.viewer]->OnCdnHead(name, total_length, first_byte);
}

void World::OnCdnBytes(const TransferName& name, std::uint32_t size) {
  viewers_[name.viewer]->OnCdnBytes(name, size);
}

void World::OnCdnFinished(const TransferName& name, core::FetchOutcome outcome, int http_status,
                          std::uint64_t total_length) {
  viewers_[name.viewer]->OnCdnFinished(name, outcome, http_status, total_length);
}

void World::OnCdnSent(std::uint32_t, std::uint32_t bytes) { accounts_.CdnSent(bytes, now()); }

// ---- TrackerListener ---------------------------------------------------------------------------

void World::OnAnnounceAnswered(std::uint32_t viewer, core::AnnounceAnswered answer) {
  viewers_[viewer]->Feed(std::move(answer));
}

void World::OnAnnounceFailed(std::uint32_t viewer) {
  viewers_[viewer]->Feed(core::AnnounceFailed{});
}

}  // namespace shoal::sim
