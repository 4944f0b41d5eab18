#include "client/runtime/stream_registry.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/hls/stream_ids.h"
#include "client/proxy/target.h"

namespace shoal::runtime {
namespace {

// The path as requests and playlists may spell it differently: percent-encoding aside.
std::string ComparablePath(const hls::Url& url) {
  const auto target = proxy::Target::Parse(url.path());
  const auto* parsed = std::get_if<proxy::Target>(&target);
  return parsed != nullptr ? parsed->path() : url.path();
}

// Whether a request with this range can be about `listed`; nullopt: all of the resource.
bool Covers(const std::optional<ByteRange>& listed, const std::optional<proxy::RangeSpec>& range) {
  if (!listed) return true;
  return range && range->first && range->last && *range->first >= listed->begin &&
         *range->last < listed->end;
}

}  // namespace

StreamRegistry::StreamRegistry(const hls::Url& origin, RegistryOptions options)
    : origin_(origin), options_(std::move(options)) {}

SwarmId StreamRegistry::SwarmOf(const hls::Url& playlist_url) const {
  // No path at the origin begins with two slashes, so the two forms never meet.
  const std::string path = playlist_url.SameOrigin(origin_)
                               ? playlist_url.path()
                               : absl::StrCat("//", playlist_url.Authority(), playlist_url.path());
  return hls::MakeSwarmId({.protocol_major = core::kProtocolMajor,
                           .piece_size = core::kPieceSize,
                           .name_space = options_.name_space,
                           .playlist_path = path},
                          options_.ignore_path);
}

Stream* StreamRegistry::Find(core::StreamId id) {
  const auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : &it->second;
}

Stream* StreamRegistry::FindPlaylist(const hls::Url& playlist_url) {
  return FindSwarm(SwarmOf(playlist_url));
}

Stream* StreamRegistry::FindSwarm(const SwarmId& swarm) {
  const auto it = by_swarm_.find(swarm);
  return it == by_swarm_.end() ? nullptr : Find(it->second);
}

Stream* StreamRegistry::Open(const hls::Url& playlist_url) {
  if (streams_.size() >= kStreamsMax) return nullptr;
  const core::StreamId id = ++last_id_;
  Stream stream{.id = id, .swarm = SwarmOf(playlist_url), .playlist_url = playlist_url};
  by_swarm_[stream.swarm] = id;
  return &streams_.emplace(id, std::move(stream)).first->second;
}

void StreamRegistry::Close(core::StreamId id) {
  const auto it = streams_.find(id);
  if (it == streams_.end()) return;
  for (const auto& [sequence, record] : it->second.segments) Unindex({id, sequence}, record.url);
  by_swarm_.erase(it->second.swarm);
  streams_.erase(it);
}

core::PlaylistLoaded StreamRegistry::Update(core::StreamId id, const hls::MediaPlaylist& playlist,
                                            const hls::Url& base, const UrlPredicate& admitted,
                                            TimePoint now) {
  Stream& stream = streams_.at(id);
  core::PlaylistLoaded loaded{.stream = id,
                              .first_sequence = playlist.media_sequence,
                              .target_duration = playlist.target_duration,
                              .ended = playlist.ended};
  loaded.segments.reserve(playlist.segments.size());
  ForgetOld(stream, playlist, now);
  EnterUnshared(stream, playlist, base);
  const std::string base_text = base.ToString();
  const Base from{.url = base, .size = base_text.size(), .hash = absl::HashOf(base_text)};
  absl::flat_hash_set<SegmentKey> keys;
  for (const hls::Segment& segment : playlist.segments) {
    const bool fetchable = Enter(stream, segment, from, admitted);
    const SegmentKey key = stream.segments.at(segment.sequence).key;
    const bool first_of_its_key = keys.insert(key).second;
    loaded.segments.push_back({.key = key,
                               .duration = segment.duration,
                               .length = segment.byte_range ? segment.byte_range->size() : 0,
                               .shareable = fetchable && first_of_its_key && !segment.gap});
  }
  return loaded;
}

bool StreamRegistry::Enter(Stream& stream, const hls::Segment& segment, const Base& base,
                           const UrlPredicate& admitted) {
  const core::SegmentRef ref{stream.id, segment.sequence};
  SegmentRecord& record = stream.segments[segment.sequence];
  const std::uint64_t written = absl::HashOf(base.hash, segment.uri);
  if (record.written == written && record.byte_range == segment.byte_range) {
    record.left_at.reset();
    return !record.url.empty();
  }
  Unindex(ref, record.url);
  stream.url_bytes -= record.url.size();
  const absl::StatusOr<hls::Url> url = ResolveSegment(stream, segment, base, admitted);
  // What cannot be fetched still needs a key of its own kind.
  const SegmentKey key = hls::MakeSegmentKey(url.ok() ? url->path() : segment.uri,
                                             segment.byte_range, options_.ignore_path);
  // A changed token leaves the segment what it was; another path or range makes it another.
  if (record.key != key) record = SegmentRecord{.key = key};
  record.url = url.ok() ? url->ToString() : "";
  stream.url_bytes += record.url.size();
  record.byte_range = segment.byte_range;
  record.written = written;
  record.left_at.reset();
  if (url.ok()) Index(ref, *url);
  return url.ok();
}

absl::StatusOr<hls::Url> StreamRegistry::ResolveSegment(Stream& stream, const hls::Segment& segment,
                                                        const Base& base,
                                                        const UrlPredicate& admitted) const {
  // No resolved URL is longer; so the many that there is no room for are not even made.
  if (stream.url_bytes + base.size + segment.uri.size() > kStreamUrlBytesMax) {
    if (!std::exchange(stream.warned_of_url_bytes, true)) {
      spdlog::warn(
          "stream {}: the URLs of its segments take more than {} bytes; from segment {} on "
          "they are passed through",
          stream.swarm.ShortName(), kStreamUrlBytesMax, segment.sequence);
    }
    return absl::ResourceExhaustedError("no room for the URLs of so many segments");
  }
  absl::StatusOr<hls::Url> url = base.url.Resolve(segment.uri);
  if (url.ok() && !admitted(*url)) return absl::PermissionDeniedError("not to be fetched");
  return url;
}

void StreamRegistry::EnterUnshared(Stream& stream, const hls::MediaPlaylist& playlist,
                                   const hls::Url& base) const {
  stream.unshared.clear();
  std::size_t entered = 0;
  const auto enter = [&](const std::string& uri, const std::optional<ByteRange>& byte_range) {
    const absl::StatusOr<hls::Url> url = base.Resolve(uri);
    if (!url.ok()) return;
    Stream::Ranges& ranges = stream.unshared[HashOf(*url)];
    if (std::find(ranges.begin(), ranges.end(), byte_range) != ranges.end()) return;
    ranges.push_back(byte_range);
  };
  for (const hls::InitSection& init : playlist.init_sections) {
    if (++entered > kUnsharedMax) return;
    enter(init.uri, init.byte_range);
  }
  // The latest parts first: those are what players ask for.
  for (auto part = playlist.parts.rbegin(); part != playlist.parts.rend(); ++part) {
    if (++entered > kUnsharedMax) return;
    if (!part->gap) enter(part->uri, part->byte_range);
  }
}

void StreamRegistry::ForgetOld(Stream& stream, const hls::MediaPlaylist& playlist, TimePoint now) {
  const std::uint64_t first = playlist.media_sequence;
  const std::uint64_t end = first + playlist.segments.size();
  // A list that ends before all that was listed is a stream that began anew: nothing of the old one
  // is asked for again, and its names will be used for other bytes. (One that goes back a little
  // came from a server that lags behind.)
  const bool began_anew = !stream.segments.empty() && end <= stream.segments.begin()->first &&
                          !playlist.segments.empty();
  if (began_anew) stream.began_anew_at = now;
  for (auto it = stream.segments.begin(); it != stream.segments.end();) {
    const auto& [sequence, record] = *it;
    if (sequence >= first && sequence < end) {
      ++it;
      continue;
    }
    if (began_anew || (record.left_at && now - *record.left_at > kRememberSegment)) {
      Unindex({stream.id, sequence}, record.url);
      stream.url_bytes -= record.url.size();
      it = stream.segments.erase(it);
      continue;
    }
    if (!it->second.left_at) it->second.left_at = now;
    ++it;
  }
}

std::optional<core::SegmentRef> StreamRegistry::Match(
    const hls::Url& url, const std::optional<proxy::RangeSpec>& range) const {
  const auto found = by_resource_.find(HashOf(url));
  if (found == by_resource_.end()) return std::nullopt;
  std::optional<core::SegmentRef> best;
  const Stream* best_stream = nullptr;
  for (const core::SegmentRef& ref : found->second) {
    const Stream& stream = streams_.at(ref.stream);
    if (!Covers(stream.segments.at(ref.sequence).byte_range, range)) continue;
    if (best_stream != &stream) {
      if (best_stream != nullptr && best_stream->asked_at > stream.asked_at) continue;
      best = ref;
      best_stream = &stream;
      continue;
    }
    // Among several of one stream: the next after the last that was requested, else the last.
    const std::uint64_t after = stream.requested_last.value_or(0);
    const bool best_is_next = stream.requested_last && best->sequence > after;
    const bool ref_is_next = stream.requested_last && ref.sequence > after;
    if (ref_is_next ? !best_is_next || ref.sequence < best->sequence
                    : !best_is_next && ref.sequence > best->sequence) {
      best = ref;
    }
  }
  return best;
}

std::optional<Unshared> StreamRegistry::MatchUnshared(
    const hls::Url& url, const std::optional<proxy::RangeSpec>& range) const {
  const ResourceHash hash = HashOf(url);
  std::optional<Unshared> match;
  for (const auto& [id, stream] : streams_) {
    const auto found = stream.unshared.find(hash);
    if (found == stream.unshared.end()) continue;
    for (const std::optional<ByteRange>& listed : found->second) {
      if (!Covers(listed, range)) continue;
      // Listed by several streams: as the one says that has begun anew last.
      if (match && match->valid_since >= stream.began_anew_at) continue;
      match = Unshared{.byte_range = listed, .valid_since = stream.began_anew_at};
    }
  }
  return match;
}

SegmentRecord* StreamRegistry::FindSegment(const core::SegmentRef& ref) {
  Stream* stream = Find(ref.stream);
  if (stream == nullptr) return nullptr;
  const auto it = stream->segments.find(ref.sequence);
  return it == stream->segments.end() ? nullptr : &it->second;
}

void StreamRegistry::ForgetValidators(const core::SegmentRef& ref) {
  if (SegmentRecord* record = FindSegment(ref)) {
    record->etag.clear();
    record->resource_total.reset();
  }
}

ResourceHash StreamRegistry::HashOf(const hls::Url& url) const {
  return absl::HashOf(url.Origin(), options_.ignore_path.Apply(ComparablePath(url)));
}

void StreamRegistry::Index(const core::SegmentRef& ref, const hls::Url& url) {
  by_resource_[HashOf(url)].push_back(ref);
}

void StreamRegistry::Unindex(const core::SegmentRef& ref, const std::string& url) {
  if (url.empty()) return;
  const absl::StatusOr<hls::Url> parsed = hls::Url::Parse(url);
  if (!parsed.ok()) return;
  const auto found = by_resource_.find(HashOf(*parsed));
  if (found == by_resource_.end()) return;
  auto& refs = found->second;
  refs.erase(std::remove(refs.begin(), refs.end(), ref), refs.end());
  if (refs.empty()) by_resource_.erase(found);
}

}  // namespace shoal::runtime
