#include "client/runtime/playlist_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/runtime/http_headers.h"
#include "client/runtime/relay.h"

namespace shoal::runtime {
namespace {

hls::Url WithoutOwnParameters(const hls::Url& url) {
  if (!url.query()) return url;
  const std::string query = StripOwnParameters(*url.query());
  if (query == *url.query()) return url;
  const absl::StatusOr<hls::Url> stripped =
      hls::Url::Parse(absl::StrCat(url.Origin(), url.path(), query.empty() ? "" : "?", query));
  return stripped.ok() ? *stripped : url;
}

std::string ValueOf(const cdn::Headers& headers, absl::string_view name) {
  const std::string* value = cdn::FindHeader(headers, name);
  return value != nullptr ? *value : std::string();
}

}  // namespace

PlaylistService::PlaylistService(const Parts& parts) : parts_(parts) {}

std::string PlaylistService::KeyOf(const hls::Url& url) {
  return absl::StrCat(url.Origin(), url.path());
}

PlaylistService::Source* PlaylistService::Find(const std::string& key) {
  const auto it = sources_.find(key);
  return it == sources_.end() ? nullptr : it->second.get();
}

bool PlaylistService::Expects(const hls::Url& url) const {
  return absl::EndsWithIgnoreCase(url.path(), ".m3u8") ||
         absl::EndsWithIgnoreCase(url.path(), ".m3u") || sources_.contains(KeyOf(url));
}

void PlaylistService::Serve(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url) {
  ++figures_.requests;
  const proxy::Request& request = exchange->request();
  const std::string key = KeyOf(url);
  Source& source = Touch(request, url);
  if (HasDeliveryDirectives(request.query())) {
    ++figures_.loads;
    ResourceAsk ask{.url = url,
                    .headers = source.credentials.HeadersFor(parts_.space.IsOrigin(url)),
                    .blocking = true};
    parts_.fetcher.Load(std::move(ask), [this, key, exchange, url](ResourceAnswer answer) {
      if (!answer.Is(200) || !hls::IsPlaylist(answer.body)) return PassOn(exchange, answer);
      Show(*exchange, key, MakePage(*answer.head, std::move(answer.body), url));
    });
    return;
  }
  if (IsFresh(source)) return Show(*exchange, key, *source.good->page);
  source.waiting.push_back(std::move(exchange));
  if (!source.loading) Load(key, source);
}

bool PlaylistService::IsFresh(const Source& source) const {
  if (!source.good || source.good->asked != source.url) return false;
  // One that came after its stream was left is taken in only when it is loaded for a player.
  const bool is_media = source.good->target_duration > Duration::zero();
  if (is_media && parts_.registry.FindPlaylist(source.url) == nullptr) return false;
  return parts_.clock.Now() - source.good->at < kPlaylistFreshFor;
}

void PlaylistService::ServeLoaded(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
                                  const cdn::ResponseHead& head, std::string body) {
  ++figures_.requests;
  const std::string key = KeyOf(url);
  Touch(exchange->request(), url);
  if (HasDeliveryDirectives(exchange->request().query())) {
    return Show(*exchange, key, MakePage(head, std::move(body), url));
  }
  const Page page = TakeIn(key, head, std::move(body), true);
  Show(*exchange, key, *page);
}

void PlaylistService::Fetch(core::StreamId id) {
  const Stream* stream = parts_.registry.Find(id);
  if (stream == nullptr) return;
  const std::string key = KeyOf(stream->playlist_url);
  Source* source = Find(key);
  if (source == nullptr) {
    auto made = std::make_unique<Source>(
        Source{.url = stream->playlist_url, .credentials = stream->credentials});
    source = sources_.emplace(key, std::move(made)).first->second.get();
  }
  if (!source->loading) Load(key, *source);
}

void PlaylistService::CloseStream(core::StreamId id) {
  const Stream* stream = parts_.registry.Find(id);
  if (stream == nullptr) return;
  spdlog::info("left stream {}", stream->swarm.ShortName());
  if (Source* source = Find(KeyOf(stream->playlist_url))) source->good.reset();
  parts_.registry.Close(id);
}

PlaylistService::Source& PlaylistService::Touch(const proxy::Request& request,
                                                const hls::Url& url) {
  const hls::Url stripped = WithoutOwnParameters(url);
  const std::string key = KeyOf(url);
  Source* source = Find(key);
  if (source == nullptr) {
    MakeRoom();
    source = sources_.emplace(key, std::make_unique<Source>(Source{.url = stripped}))
                 .first->second.get();
  }
  source->url = stripped;
  source->credentials.Learn(request);
  source->asked_at = parts_.clock.Now();
  if (Stream* stream = parts_.registry.FindPlaylist(url)) {
    stream->playlist_url = stripped;
    stream->credentials = source->credentials;
    stream->asked_at = source->asked_at;
    parts_.sink.Post(core::PlaylistRequested{.stream = stream->id});
  }
  return *source;
}

void PlaylistService::MakeRoom() {
  if (sources_.size() < kPlaylistsMax) return;
  auto oldest = sources_.end();
  for (auto it = sources_.begin(); it != sources_.end(); ++it) {
    const Source& source = *it->second;
    if (source.loading || parts_.registry.FindPlaylist(source.url) != nullptr) continue;
    if (oldest == sources_.end() || source.asked_at < oldest->second->asked_at) oldest = it;
  }
  if (oldest != sources_.end()) sources_.erase(oldest);
}

void PlaylistService::Load(const std::string& key, Source& source) {
  source.loading = true;
  ++figures_.loads;
  ResourceAsk ask{.url = source.url,
                  .headers = source.credentials.HeadersFor(parts_.space.IsOrigin(source.url))};
  if (source.good && source.good->asked == source.url) {
    const Good& good = *source.good;
    if (!good.etag.empty()) ask.headers.emplace_back("If-None-Match", good.etag);
    if (!good.last_modified.empty()) {
      ask.headers.emplace_back("If-Modified-Since", good.last_modified);
    }
  }
  parts_.fetcher.Load(std::move(ask),
                      [this, key](ResourceAnswer answer) { Loaded(key, std::move(answer)); });
}

void PlaylistService::Loaded(const std::string& key, ResourceAnswer answer) {
  Source* source = Find(key);
  if (source == nullptr) return;
  source->loading = false;
  const Exchanges waiting = std::exchange(source->waiting, {});
  const bool for_player = !waiting.empty();
  Page page;
  if (answer.Is(304) && source->good) {
    page = TakeInAgain(key, for_player);
  } else if (answer.Is(200) && hls::IsPlaylist(answer.body)) {
    page = TakeIn(key, *answer.head, std::move(answer.body), for_player);
  } else {
    Fail(source->url);
  }
  if (page == nullptr) return AnswerFailure(key, waiting, answer);
  for (const auto& exchange : waiting) Show(*exchange, key, *page);
}

PlaylistService::Page PlaylistService::TakeIn(const std::string& key, const cdn::ResponseHead& head,
                                              std::string body, bool for_player) {
  Source& source = *Find(key);
  const auto page =
      std::make_shared<const PlaylistPage>(MakePage(head, std::move(body), source.url));
  const absl::StatusOr<hls::Playlist> playlist =
      hls::ParsePlaylist(page->text, hls::ParseLimits(),
                         {.playlist_url = page->base.ToString(), .imports = ImportsFor(key)});
  if (!playlist.ok()) {
    Warn(source, playlist.status().message());
    Fail(source.url);
    return page;
  }
  source.good = Good{.page = page,
                     .asked = source.url,
                     .at = parts_.clock.Now(),
                     .etag = ValueOf(head.headers, "ETag"),
                     .last_modified = ValueOf(head.headers, "Last-Modified")};
  if (const auto* media = std::get_if<hls::MediaPlaylist>(&*playlist)) {
    source.good->target_duration = media->target_duration;
    Follow(source, *media, page->base, for_player);
  } else {
    RememberImports(std::get<hls::MultivariantPlaylist>(*playlist), page->base);
    if (parts_.registry.FindPlaylist(source.url) != nullptr) Fail(source.url);
  }
  return page;
}

PlaylistService::Page PlaylistService::TakeInAgain(const std::string& key, bool for_player) {
  Source& source = *Find(key);
  source.good->at = parts_.clock.Now();
  const Page page = source.good->page;
  if (source.good->target_duration == Duration::zero()) return page;
  const absl::StatusOr<hls::Playlist> playlist =
      hls::ParsePlaylist(page->text, hls::ParseLimits(),
                         {.playlist_url = page->base.ToString(), .imports = ImportsFor(key)});
  if (playlist.ok()) {
    Follow(source, std::get<hls::MediaPlaylist>(*playlist), page->base, for_player);
  }
  return page;
}

void PlaylistService::Follow(const Source& source, const hls::MediaPlaylist& playlist,
                             const hls::Url& base, bool for_player) {
  if (playlist.IsDeltaUpdate()) return;
  Stream* stream = parts_.registry.FindPlaylist(source.url);
  if (stream == nullptr) {
    // Nobody asked since the core closed the stream: this is the answer to a poll of before.
    if (!for_player) return;
    stream = parts_.registry.Open(source.url);
    if (stream == nullptr) {
      spdlog::warn("not following one more stream: {} are followed already", kStreamsMax);
      return;
    }
    stream->credentials = source.credentials;
    stream->asked_at = source.asked_at;
    spdlog::info("following stream {}: {}", stream->swarm.ShortName(), source.url.path());
    const core::StreamId id = stream->id;
    parts_.sink.Post(core::StreamOpened{.stream = id, .swarm = stream->swarm});
    stream = parts_.registry.Find(id);
    if (stream == nullptr) return;
  }
  const auto admitted = [this](const hls::Url& url) {
    return parts_.space.TargetOf(url).has_value();
  };
  parts_.sink.Post(
      parts_.registry.Update(stream->id, playlist, base, admitted, parts_.clock.Now()));
}

void PlaylistService::Warn(Source& source, absl::string_view why) {
  if (std::exchange(source.warned, true)) return;
  spdlog::warn("playlist {} makes no sense and is passed through: {}", source.url.path(),
               std::string(why));
}

void PlaylistService::Fail(const hls::Url& url) {
  ++figures_.failures;
  if (const Stream* stream = parts_.registry.FindPlaylist(url)) {
    parts_.sink.Post(core::PlaylistFailed{.stream = stream->id});
  }
}

void PlaylistService::AnswerFailure(const std::string& key, const Exchanges& waiting,
                                    const ResourceAnswer& answer) {
  const Source* source = Find(key);
  const bool stale_serves = source != nullptr && source->good &&
                            parts_.clock.Now() - source->good->at <=
                                kStaleTargetDurations * source->good->target_duration;
  const Page stale = stale_serves ? source->good->page : nullptr;
  for (const auto& exchange : waiting) {
    if (stale != nullptr) {
      ++figures_.stale;
      Show(*exchange, key, *stale);
    } else {
      PassOn(exchange, answer);
    }
  }
}

void PlaylistService::PassOn(std::shared_ptr<proxy::Exchange> exchange,
                             const ResourceAnswer& answer) {
  if (answer.outcome == cdn::FetchOutcome::kComplete && answer.head) {
    return AnswerAsIs(*exchange, *answer.head, answer.body);
  }
  const absl::StatusOr<hls::Url> url = parts_.space.UpstreamOf(exchange->request().target());
  if (answer.outcome == cdn::FetchOutcome::kTooLarge && url.ok()) {
    return parts_.pass_through.StartPlain(std::move(exchange), *url);
  }
  RespondMediaError(*exchange, StatusForOutcome(answer.outcome),
                    absl::StrCat("The origin gave no playlist: ", answer.message));
}

void PlaylistService::Show(proxy::Exchange& exchange, const std::string& key,
                           const PlaylistPage& page) {
  AnswerWithPage(exchange, page, parts_.space, ImportsFor(key));
}

hls::VariableMap PlaylistService::ImportsFor(const std::string& key) const {
  const auto it = imports_.find(key);
  return it == imports_.end() ? hls::VariableMap() : *it->second;
}

void PlaylistService::RememberImports(const hls::MultivariantPlaylist& playlist,
                                      const hls::Url& base) {
  if (playlist.variables.empty()) return;
  const auto variables = std::make_shared<const hls::VariableMap>(playlist.variables);
  for (const std::string& uri : playlist.MediaPlaylistUris()) {
    const absl::StatusOr<hls::Url> url = base.Resolve(uri);
    if (!url.ok()) continue;
    if (imports_.size() >= kImportsMax) imports_.clear();
    imports_[KeyOf(*url)] = variables;
  }
}

}  // namespace shoal::runtime
