#include "client/core/engine.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace shoal::core {
namespace {

// A stream that was left and opened again since the last announce is not told as left: the tracker
// takes no swarm twice.
void KeepLastOfEachSwarm(std::vector<AnnouncedSwarm>& swarms) {
  std::set<SwarmId> known;
  std::reverse(swarms.begin(), swarms.end());
  std::erase_if(swarms, [&](const AnnouncedSwarm& s) { return !known.insert(s.swarm).second; });
  std::reverse(swarms.begin(), swarms.end());
}

}  // namespace

Engine::Engine(const CoreConfig& config, const PeerId& self, std::uint64_t seed)
    : ctx_{.actions = {},
           .config = config,
           .uploader = Uploader(config.max_upload_bytes_per_second),
           .random = Random(seed),
           .cdn = {},
           .self = self} {}

ActionList Engine::Handle(const Event& event, TimePoint now) {
  ctx_.actions.clear();
  if (shut_down_) return {};
  NoticeClockGap(now);
  ctx_.now = std::max(ctx_.now, now);
  std::visit([this](const auto& e) { On(e); }, event);
  if (!shut_down_) {
    LookAll();
    CloseAbandoned();
    EvictIfFull();
    AnnounceIfDue();
    Upload();
  }
  for (const Action& action : ctx_.actions) {
    const auto* sent = std::get_if<SendData>(&action);
    if (sent == nullptr) continue;
    if (Stream* stream = Find(sent->segment.stream)) stream->OnDataSent(*sent);
  }
  next_wakeup_ = FindNextWakeup();
  return std::exchange(ctx_.actions, {});
}

std::optional<TimePoint> Engine::FindNextWakeup() const {
  if (shut_down_) return std::nullopt;
  std::optional<TimePoint> next = announcing_ ? std::nullopt : announce_timer_.next();
  const auto take = [&next](std::optional<TimePoint> time) {
    if (time) next = next ? std::min(*next, *time) : *time;
  };
  take(ctx_.uploader.NextWakeup());
  for (const auto& [id, stream] : streams_) take(stream.NextWakeup());
  return next;
}

void Engine::NoticeClockGap(TimePoint now) {
  if (!next_wakeup_ || now - *next_wakeup_ < kClockGap) return;
  ctx_.now = now;
  for (auto& [id, stream] : streams_) stream.Reconnect();
  announcing_ = false;
  AnnounceSoon();
}

Stream* Engine::Find(StreamId id) {
  const auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : &it->second;
}

std::uint32_t Engine::Progress(const SegmentRef& segment, PieceIndex piece) const {
  const auto it = streams_.find(segment.stream);
  return it == streams_.end() ? 0 : it->second.Progress(segment.sequence, piece);
}

void Engine::LookAll() {
  for (auto& [id, stream] : streams_) stream.Look();
}

void Engine::Upload() {
  double sum = 0;
  int known = 0;
  for (const auto& [id, stream] : streams_) {
    const double mean = stream.MeanUploadOfMembers();
    if (mean <= 0) continue;
    sum += mean;
    ++known;
  }
  ctx_.uploader.SetAssumedRate(known == 0 ? 0 : sum / known);
  if (ctx_.uploader.TakeClassChange()) {
    for (auto& [id, stream] : streams_) stream.OnClassChanged();
  }
  if (ctx_.uploader.Due(ctx_.now)) ctx_.uploader.Pump(ctx_.now, *this, ctx_.actions);
}

// ---- Streams
// -------------------------------------------------------------------------------------

void Engine::On(const StreamOpened& event) {
  if (streams_.size() >= kStreamsMax) return;
  if (!streams_.try_emplace(event.stream, ctx_, event.stream, event.swarm).second) return;
  new_streams_.insert(event.stream);
  AnnounceSoon();
}

void Engine::On(const PlaylistLoaded& event) {
  if (Stream* stream = Find(event.stream)) stream->OnPlaylist(event);
}

void Engine::On(const PlaylistFailed& event) {
  if (Stream* stream = Find(event.stream)) stream->OnPlaylistFailed();
}

void Engine::On(const PlaylistRequested& event) {
  if (Stream* stream = Find(event.stream)) stream->OnPlaylistRequested();
}

void Engine::CloseAbandoned() {
  for (auto it = streams_.begin(); it != streams_.end();) {
    if (!it->second.abandoned()) {
      ++it;
      continue;
    }
    const StreamId id = it->first;
    it->second.Close(ByeReason::kLeaving);
    if (new_streams_.erase(id) == 0) {
      left_.push_back({id, it->second.swarm(), AnnounceKind::kStopped});
    }
    std::erase_if(request_streams_, [id](const auto& entry) { return entry.second == id; });
    ctx_.Do(CloseStream{id});
    it = streams_.erase(it);
    AnnounceSoon();
  }
}

void Engine::EvictIfFull() {
  while (ctx_.cache_bytes > ctx_.config.cache_bytes) {
    Stream* oldest = nullptr;
    std::optional<TimePoint> oldest_time;
    for (auto& [id, stream] : streams_) {
      const std::optional<TimePoint> time = stream.OldestEvictable();
      if (!time || (oldest_time && *oldest_time <= *time)) continue;
      oldest_time = time;
      oldest = &stream;
    }
    if (oldest == nullptr || !oldest->EvictOne()) return;
  }
}

// ---- Players
// -------------------------------------------------------------------------------------

void Engine::On(const PlayerRequested& event) {
  Stream* stream = Find(event.segment.stream);
  if (stream == nullptr) {
    ctx_.Do(RelayRequest{event.request});
    return;
  }
  stream->OnPlayerRequested(event);
  if (stream->owns(event.request)) request_streams_[event.request] = event.segment.stream;
}

void Engine::On(const PlayerServed& event) {
  const auto it = request_streams_.find(event.request);
  if (it == request_streams_.end()) return;
  if (Stream* stream = Find(it->second)) stream->OnPlayerServed(event.request);
  request_streams_.erase(it);
}

void Engine::On(const PlayerGone& event) {
  const auto it = request_streams_.find(event.request);
  if (it == request_streams_.end()) return;
  if (Stream* stream = Find(it->second)) stream->OnPlayerGone(event.request);
  request_streams_.erase(it);
}

// ---- CDN
// -----------------------------------------------------------------------------------------

// A transfer belongs to whichever stream knows its id; streams are few.
void Engine::On(const CdnResponded& event) {
  for (auto& [id, stream] : streams_) stream.OnCdnResponded(event);
}

void Engine::On(const CdnBytes& event) {
  for (auto& [id, stream] : streams_) stream.OnCdnBytes(event);
}

void Engine::On(const CdnFinished& event) {
  for (auto& [id, stream] : streams_) stream.OnCdnFinished(event);
}

// ---- Links
// ---------------------------------------------------------------------------------------

void Engine::On(const LinkOpened& event) {
  Stream* stream = Find(event.stream);
  if (stream == nullptr) {
    ctx_.Do(CloseLink{event.link, ByeReason::kUnknownSwarm});
    return;
  }
  stream->OnLinkOpened(event);
}

void Engine::On(const DialFailed& event) {
  if (Stream* stream = Find(event.stream)) stream->OnDialFailed(event);
}

// Like transfers, links belong to whichever stream knows them.
void Engine::On(const MessageReceived& event) {
  for (auto& [id, stream] : streams_) stream.OnMessage(event.link, event.message);
}

void Engine::On(const LinkClosed& event) {
  for (auto& [id, stream] : streams_) stream.OnLinkClosed(event);
}

// ---- Tracker
// -------------------------------------------------------------------------------------

void Engine::AnnounceSoon() {
  if (ctx_.swarming() && ctx_.config.has_tracker) announce_timer_.Soon(ctx_.now);
}

void Engine::AnnounceIfDue() {
  if (announcing_ || !announce_timer_.IsDue(ctx_.now)) return;
  announce_timer_.OnSent();
  Announce announce{.upload_class = ctx_.uploader.upload_class(), .swarms = std::move(left_)};
  left_.clear();
  for (const auto& [id, stream] : streams_) {
    const bool is_new = new_streams_.contains(id);
    announce.swarms.push_back(
        {id, stream.swarm(), is_new ? AnnounceKind::kStarted : AnnounceKind::kRefresh});
  }
  if (announce.swarms.empty()) return;
  KeepLastOfEachSwarm(announce.swarms);
  new_streams_.clear();
  announcing_ = true;
  ++announces_;
  ctx_.Do(std::move(announce));
}

void Engine::On(const AnnounceAnswered& event) {
  announcing_ = false;
  announce_timer_.OnAnswered(event.interval, ctx_.now);
  for (const SwarmHandout& handout : event.swarms) {
    if (Stream* stream = Find(handout.stream)) stream->OnHandout(handout);
  }
}

void Engine::On(const AnnounceFailed&) {
  announcing_ = false;
  ++announces_failed_;
  announce_timer_.OnFailed(ctx_.now, ctx_.random);
  for (auto& [id, stream] : streams_) stream.OnAnnounceFailed();
}

// ---- The end
// -------------------------------------------------------------------------------------

void Engine::On(const ShutdownRequested&) {
  for (auto& [id, stream] : streams_) {
    stream.Close(ByeReason::kLeaving);
    if (!new_streams_.contains(id)) left_.push_back({id, stream.swarm(), AnnounceKind::kStopped});
    ctx_.Do(CloseStream{id});
  }
  streams_.clear();
  if (!left_.empty() && ctx_.swarming() && ctx_.config.has_tracker) {
    KeepLastOfEachSwarm(left_);
    ctx_.Do(Announce{.upload_class = ctx_.uploader.upload_class(), .swarms = std::move(left_)});
  }
  shut_down_ = true;
}

CoreFigures Engine::Figures() const {
  CoreFigures figures;
  figures.upload_bytes_per_second = ctx_.uploader.rate_known() ? ctx_.uploader.rate() : 0;
  figures.upload_class = ctx_.uploader.upload_class();
  figures.cdn_bytes_per_second = ctx_.cdn.bytes_per_second();
  figures.cdn_time_to_first_byte = ctx_.cdn.time_to_first_byte();
  figures.cache_bytes = ctx_.cache_bytes;
  figures.bytes_to_peers = ctx_.uploader.figures().bytes_acked;
  figures.announces = announces_;
  figures.announces_failed = announces_failed_;
  for (const auto& [id, stream] : streams_) figures.streams.push_back(stream.Figures());
  return figures;
}

}  // namespace shoal::core
