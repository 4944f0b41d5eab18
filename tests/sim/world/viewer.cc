#include "tests/sim/world/viewer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "tests/sim/world/mix.h"

namespace shoal::sim {
namespace {

// The only player at the client.
constexpr core::PlayerId kPlayer = 1;

std::uint32_t PayloadOf(const core::Event& event) {
  if (const auto* bytes = std::get_if<core::CdnBytes>(&event)) return bytes->size;
  const auto* message = std::get_if<core::MessageReceived>(&event);
  const auto* data = message != nullptr ? std::get_if<core::Data>(&message->message) : nullptr;
  return data != nullptr ? data->size : 0;
}

}  // namespace

Viewer::Viewer(const ViewerParts& parts, std::uint32_t index, const Profile& profile)
    : parts_(parts), index_(index), profile_(profile) {}

Viewer::~Viewer() = default;

// ---- Its life ----------------------------------------------------------------------------------

void Viewer::Join() {
  core::CoreConfig config = parts_.scenario.client;
  config.max_upload_bytes_per_second = profile_.cap;
  core_ = std::make_unique<core::ClientCore>(config, profile_.id,
                                             Mix(parts_.scenario.seed, 0x636f7265, index_));
  watch_.emplace(config);
  player_.emplace(parts_.media, profile_.plan, now());
  parts_.accounts.Joined(index_, profile_, now());
  DrivePlayer();
}

void Viewer::Leave() {
  if (!present()) return;
  AbortRequest();
  Feed(core::ShutdownRequested{});
  parts_.links.SetPresence(index_, Presence::kRefuses);
  End();
}

void Viewer::Vanish() {
  if (!present()) return;
  parts_.links.Vanish(index_);
  End();
}

void Viewer::End() {
  ReportStalls();
  parts_.accounts.StallsEnded(player_->playback().stalls() +
                              (player_->playback().dry_since() ? 1 : 0));
  parts_.accounts.CoreEnded(core_->Figures());
  parts_.accounts.Left(index_, now());
  parts_.cdn.CancelAll(index_);
  wake_.Stop();
  player_wake_.Stop();
  core_.reset();
  watch_.reset();
  held_ = {};
  followed_.clear();
  streams_ = 0;
  waiting_.clear();
  request_ = {};
}

UploadClass Viewer::upload_class() const {
  return profile_.boast.value_or(core_ != nullptr ? core_->upload_class() : kUploadUnknown);
}

void Viewer::ReportStalls() {
  if (!present()) return;
  parts_.accounts.Stalled(index_, player_->playback().Stalled(now()));
  const std::optional<TimePoint> dry_since = player_->playback().dry_since();
  // Not if there is nothing left to ask for.
  if (dry_since && *dry_since < now() && request_.id != 0) CheckStall(now() - *dry_since);
}

// ---- The core ----------------------------------------------------------------------------------

void Viewer::Feed(const core::Event& event) {
  if (!present()) return;
  if (handling_) {
    waiting_.push_back(event);
    return;
  }
  Handle(event);
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const core::Event next = waiting_[i];
    Handle(next);
  }
  waiting_.clear();
  Arm();
}

void Viewer::Handle(const core::Event& event) {
  handling_ = true;
  parts_.accounts.EventHandled();
  watch_->Begin(event, now());
  core::ActionList actions = core_->Handle(event, now());
  const std::uint32_t payload = PayloadOf(event);
  for (core::Action& action : actions) {
    parts_.trace.Add(index_, action, now());
    Execute(std::move(action), payload);
  }
  CheckBooks();
  handling_ = false;
}

void Viewer::CheckBooks() { Require(watch_->End(held_.bytes(), core_->cache_bytes(), streams_)); }

void Viewer::Arm() {
  const std::optional<TimePoint> wakeup = core_->NextWakeup();
  if (!wakeup) return wake_.Stop();
  wake_.SetBy(parts_.agenda, std::max(*wakeup, now() + kShortestSleep), Happening::kWake, index_);
}

void Viewer::OnWake(std::uint32_t generation) {
  if (!wake_.Fires(generation) || !present()) return;
  const std::optional<TimePoint> due = core_->NextWakeup();
  if (due && *due <= now()) return Feed(core::TimerFired{});
  Arm();
}

// ---- The player --------------------------------------------------------------------------------

void Viewer::OnPlayerWake(std::uint32_t generation) {
  if (player_wake_.Fires(generation) && present()) DrivePlayer();
}

void Viewer::DrivePlayer() {
  if (driving_) return;
  driving_ = true;
  for (Player::Ask ask = player_->Next(now()); ask.want != Player::Want::kNothing;
       ask = player_->Next(now())) {
    if (ask.want == Player::Want::kAbort) AbortRequest();
    if (ask.want == Player::Want::kPlaylist) AskPlaylist(ask.rendition);
    if (ask.want == Player::Want::kSegment) AskSegment(ask.rendition, ask.sequence);
  }
  driving_ = false;
  const std::optional<TimePoint> wakeup = player_->Wakeup(now());
  if (!wakeup) return player_wake_.Stop();
  player_wake_.Set(parts_.agenda, std::max(*wakeup, now() + Microseconds(1)),
                   Happening::kPlayerWake, index_);
}

Viewer::Followed& Viewer::FollowedFor(std::uint32_t rendition) {
  for (Followed& followed : followed_) {
    if (followed.rendition == rendition) return followed;
  }
  followed_.push_back({.rendition = rendition, .loaded_at = {}, .listing = {}});
  return followed_.back();
}

Viewer::Followed* Viewer::FindStream(core::StreamId stream) {
  for (Followed& followed : followed_) {
    if (followed.stream == stream && stream != 0) return &followed;
  }
  return nullptr;
}

bool Viewer::Follows(std::uint32_t rendition) const {
  return std::any_of(followed_.begin(), followed_.end(), [rendition](const Followed& followed) {
    return followed.rendition == rendition && followed.stream != 0;
  });
}

void Viewer::AskPlaylist(std::uint32_t rendition) {
  const core::StreamId stream = FollowedFor(rendition).stream;
  if (stream != 0) Feed(core::PlaylistRequested{stream});
  Followed& followed = FollowedFor(rendition);
  const bool fresh =
      followed.stream != 0 && followed.loaded_at && now() - *followed.loaded_at < kFreshFor;
  if (fresh) return player_->OnPlaylist(rendition, followed.listing, now());
  followed.player_waits = true;
  Load(followed);
}

void Viewer::Load(Followed& followed) {
  if (std::exchange(followed.loading, true)) return;
  parts_.cdn.AskPlaylist(index_, followed.rendition);
}

void Viewer::OnPlaylist(std::uint32_t rendition, std::uint64_t made) {
  if (!present()) return;
  Followed& followed = FollowedFor(rendition);
  followed.loading = false;
  const bool for_player = std::exchange(followed.player_waits, false);
  if (made == 0) {
    excused_until_ = now() + kExcused;
    const bool stale_serves =
        followed.loaded_at &&
        now() - *followed.loaded_at <= kStaleTargetDurations * parts_.media.segment_duration();
    const Listing listing = followed.listing;
    if (followed.stream != 0) Feed(core::PlaylistFailed{followed.stream});
    if (!for_player) return;
    if (stale_serves) {
      player_->OnPlaylist(rendition, listing, now());
    } else {
      player_->OnPlaylistFailed(rendition, now());
    }
    return DrivePlayer();
  }
  followed.loaded_at = now();
  followed.listing =
      parts_.media.ListedAt(TimePoint(Microseconds(static_cast<std::int64_t>(made - 1))));
  const Listing listing = followed.listing;
  if (followed.stream == 0 && for_player) {
    followed.stream = ++last_stream_;
    ++streams_;
    Feed(core::StreamOpened{followed.stream, parts_.media.Swarm(rendition)});
  }
  const core::StreamId stream = FollowedFor(rendition).stream;
  if (stream != 0) Feed(parts_.media.Loaded(stream, rendition, listing));
  if (!for_player) return;
  player_->OnPlaylist(rendition, listing, now());
  DrivePlayer();
}

void Viewer::AskSegment(std::uint32_t rendition, std::uint64_t sequence) {
  const core::StreamId stream = FollowedFor(rendition).stream;
  request_ = Request{.id = ++last_request_, .segment = {stream, sequence}, .rendition = rendition};
  if (stream == 0) return Relay();
  Feed(core::PlayerRequested{
      .request = request_.id, .player = kPlayer, .segment = request_.segment, .hints = {}});
}

void Viewer::AbortRequest() {
  if (request_.id == 0) return;
  const core::RequestId id = std::exchange(request_, {}).id;
  parts_.cdn.Cancel({.viewer = index_, .id = id, .relay = true});
  Feed(core::PlayerGone{id});
}

// Once all is held it goes to the player in one burst.
void Viewer::Deliver() {
  if (request_.id == 0 || !request_.released || request_.relayed || request_.written) return;
  const std::uint64_t length = LengthOf(request_.segment);
  if (held_.Prefix(request_.segment) < length) return;
  request_.written = true;
  const Duration takes = kLoopbackDelay + Seconds(static_cast<double>(length) / kLoopback);
  parts_.agenda.Add(now() + takes, Happening::kServed, index_, 0, request_.id);
}

void Viewer::Relay() {
  if (request_.id == 0 || request_.relayed || request_.written) return;
  request_.relayed = true;
  const std::uint64_t begin = request_.released ? held_.Prefix(request_.segment) : 0;
  parts_.accounts.CdnAsked(now());
  parts_.cdn.Start({.name = {.viewer = index_, .id = request_.id, .relay = true},
                    .rendition = request_.rendition,
                    .sequence = request_.segment.sequence,
                    .range = {begin, core::FetchFromCdn::kToEnd}});
}

void Viewer::FailRequest(int http_status) {
  if (request_.id == 0 || request_.written) return;
  excused_until_ = now() + kExcused;
  const core::RequestId id = std::exchange(request_, {}).id;
  Feed(core::PlayerGone{id});
  player_->OnSegmentFailed(http_status >= 400 && http_status < 500, now());
  DrivePlayer();
}

void Viewer::OnServed(std::uint64_t request) {
  if (present() && request_.id == request) Served(request);
}

void Viewer::Served(core::RequestId request) {
  const Request served = std::exchange(request_, {});
  parts_.accounts.SegmentPlayed(served.rendition, served.segment.sequence, now());
  const Player::Shown shown = player_->OnSegment(now());
  if (shown.startup) parts_.accounts.Started(*shown.startup);
  if (shown.latency) parts_.accounts.Shown(*shown.latency, now());
  if (shown.stall > Duration::zero() && !served.stall_told) CheckStall(shown.stall);
  Feed(core::PlayerServed{request});
  DrivePlayer();
}

void Viewer::CheckStall(Duration stall) {
  const double rate = 2 * parts_.media.bytes_per_second(player_->rendition());
  if (!parts_.cdn.Healthy(now(), rate) || profile_.down < rate || now() < excused_until_) return;
  if (std::exchange(request_.stall_told, true)) return;
  Require(absl::StrFormat("stalled for %.3f s while the CDN was well", ToSeconds(stall)));
}

// ---- The CDN -----------------------------------------------------------------------------------

void Viewer::OnCdnHead(const TransferName& name, std::uint64_t total_length, Duration first_byte) {
  if (first_byte > kFirstByteHealthy) excused_until_ = now() + kExcused;
  if (name.relay) return;
  Feed(core::CdnResponded{.fetch = name.id, .total_length = total_length});
}

void Viewer::OnCdnBytes(const TransferName& name, std::uint32_t size) {
  parts_.accounts.CdnReceived(index_, size, now());
  if (name.relay) return parts_.accounts.Stored(size, now());
  held_.Fetched(name.id, size);
  Feed(core::CdnBytes{.fetch = name.id, .size = size});
}

void Viewer::OnCdnFinished(const TransferName& name, core::FetchOutcome outcome, int http_status,
                           std::uint64_t total_length) {
  const bool complete = outcome == core::FetchOutcome::kComplete;
  if (!complete && outcome != core::FetchOutcome::kRangeNotSatisfiable) {
    excused_until_ = now() + kExcused;
  }
  if (name.relay) {
    if (request_.id != name.id) return;
    return complete ? Served(name.id) : FailRequest(http_status);
  }
  held_.EndFetch(name.id);
  core::CdnFinished finished{
      .fetch = name.id, .outcome = outcome, .http_status = http_status, .total_length = {}};
  if (total_length > 0) finished.total_length = total_length;
  Feed(finished);
}

// ---- Links -------------------------------------------------------------------------------------

void Viewer::OnLinkOpened(core::LinkId link, std::uint32_t rendition, std::uint32_t peer,
                          const PeerId& peer_id, UploadClass peer_class, bool dialled) {
  if (!Follows(rendition)) return parts_.links.Close(link, core::ByeReason::kLeaving);
  // As client/peer reports it: the address from the connection, the port from Hello, no zone.
  const Member member{.id = peer_id,
                      .endpoint = EndpointOf(peer),
                      .upload_class = peer_class,
                      .can_be_dialled = true};
  Feed(core::LinkOpened{
      .link = link, .stream = FollowedFor(rendition).stream, .peer = member, .dialled = dialled});
}

void Viewer::OnDialFailed(std::uint32_t rendition, const PeerId& peer, core::ByeReason reason) {
  if (!present() || !Follows(rendition)) return;
  Feed(core::DialFailed{.stream = FollowedFor(rendition).stream, .peer = peer, .reason = reason});
}

}  // namespace shoal::sim
