// Who is who: media playlists <-> streams and swarms, segment URLs <-> segments.
//
// A stream is one media playlist as the swarm id tells them apart: by path, without query, and
// without what --ignore-path removes. So two players that ask for it under different tokens share
// it.
//
// A segment is remembered for kRememberSegment after it left the playlist, since players still ask
// for it; what came of it at the CDN (ETag, length) is kept as long.
//
// Init sections (EXT-X-MAP) and parts (EXT-X-PART) are known, too, while they are listed: they are
// kept for this client's players, but not shared with other clients.
//
// Threads: loop thread only. Ownership: keeps copies. Pointers that it returns are valid until the
// next call that is not const.
#ifndef SHOAL_CLIENT_RUNTIME_STREAM_REGISTRY_H_
#define SHOAL_CLIENT_RUNTIME_STREAM_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/core/events.h"
#include "client/core/types.h"
#include "client/hls/media_playlist.h"
#include "client/hls/path_filter.h"
#include "client/hls/url.h"
#include "client/proxy/byte_range_header.h"
#include "client/runtime/credentials.h"
#include "common/base/byte_range.h"
#include "common/base/ids.h"
#include "common/time/time.h"

namespace shoal::runtime {

// Streams followed at once; players of further ones are served by pass-through.
inline constexpr std::size_t kStreamsMax = 64;
// Bytes of all URLs kept of one stream's segments: four times the longest playlist's. Against short
// references under a long base URL, which stand for hundreds of times their size. Segments beyond
// are passed through.
inline constexpr std::size_t kStreamUrlBytesMax = std::size_t{16} << 20;
// Init sections and parts known of one stream at most; the others are like any other file.
inline constexpr std::size_t kUnsharedMax = 4096;
// How long a segment is known after it left its playlist.
inline constexpr Duration kRememberSegment = Seconds(120);

struct SegmentRecord {
  std::string url;                      // as listed last; empty: nothing this client may fetch
  std::optional<ByteRange> byte_range;  // of the resource; nullopt: all of it
  SegmentKey key;
  std::uint64_t written = 0;  // hash of how the playlist wrote it: equal means nothing changed
  std::string etag;           // strong, as the CDN gave it; empty: not known
  std::optional<std::uint64_t> resource_total;  // bytes of the whole resource, where known
  std::optional<TimePoint> left_at;             // when it left the playlist; nullopt: listed
};

// A listed init section or part.
struct Unshared {
  std::optional<ByteRange> byte_range;  // of the resource; nullopt: all of it
  // What was asked for before is of the stream before this one.
  TimePoint valid_since{};
};

// A hash of host and filtered path. 64 bits, keyed anew in every process: nobody can aim.
using ResourceHash = std::uint64_t;

struct Stream {
  core::StreamId id = 0;
  SwarmId swarm;
  hls::Url playlist_url;                        // as a player asked for it last
  Credentials credentials;                      // of the latest request, for playlist or segment
  std::string segment_query;                    // see WithPlayerQuery
  TimePoint asked_at{};                         // when a player last asked for the playlist
  std::optional<std::uint64_t> requested_last;  // the segment that a player last asked for

  std::size_t url_bytes = 0;         // of all segments' URLs
  bool warned_of_url_bytes = false;  // that there is no room for further ones

  // What the CDN said with the latest segment, for those that came from peers.
  std::string content_type;
  std::string cache_control;

  absl::btree_map<std::uint64_t, SegmentRecord> segments;  // by sequence

  // Init sections and parts that are listed: the ranges of each resource; nullopt: all of it.
  using Ranges = absl::InlinedVector<std::optional<ByteRange>, 1>;
  absl::flat_hash_map<ResourceHash, Ranges> unshared;
  TimePoint began_anew_at{};  // see ForgetOld; before the first time: the beginning of time
};

struct RegistryOptions {
  // --namespace. REQUIRES: no NUL byte.
  std::string name_space;
  hls::PathFilter ignore_path;
};

class StreamRegistry {
 public:
  // `origin`: playlists of other hosts carry their host in the swarm's name, for two hosts may have
  // different streams under one path.
  StreamRegistry(const hls::Url& origin, RegistryOptions options);

  SwarmId SwarmOf(const hls::Url& playlist_url) const;

  // nullptr if it is not followed.
  Stream* Find(core::StreamId id);
  Stream* FindPlaylist(const hls::Url& playlist_url);
  Stream* FindSwarm(const SwarmId& swarm);

  // A new stream for this playlist; nullptr if kStreamsMax are followed. REQUIRES: FindPlaylist
  // finds none.
  Stream* Open(const hls::Url& playlist_url);
  void Close(core::StreamId id);

  // Takes in the playlist as loaded from `base` and says what the core shall know of it. `admitted`
  // tells whether a URL may be fetched at all; segments of other URLs are not shared, nor are
  // those that are listed twice in one playlist under one key, nor those whose URLs would make more
  // than kStreamUrlBytesMax (the log says so once).
  // REQUIRES: the stream exists; the playlist is no delta update.
  using UrlPredicate = std::function<bool(const hls::Url&)>;
  core::PlaylistLoaded Update(core::StreamId id, const hls::MediaPlaylist& playlist,
                              const hls::Url& base, const UrlPredicate& admitted, TimePoint now);

  // The segment that a request for `url`, with this range, is about; nullopt if it matches none, or
  // only overlaps with some. If several match (a segment listed under several sequence numbers),
  // the one after that last requested, else the last; of several streams the one whose playlist was
  // asked for last.
  std::optional<core::SegmentRef> Match(const hls::Url& url,
                                        const std::optional<proxy::RangeSpec>& range) const;

  // The init section or part that a request for `url`, with this range, is about: of one that is a
  // sub-range the range must lie within it.
  std::optional<Unshared> MatchUnshared(const hls::Url& url,
                                        const std::optional<proxy::RangeSpec>& range) const;

  // nullptr if it is not, or no longer, known.
  SegmentRecord* FindSegment(const core::SegmentRef& ref);

  // What the CDN said of the segment does not bind it any more: its bytes were dropped.
  void ForgetValidators(const core::SegmentRef& ref);

  std::size_t size() const { return streams_.size(); }
  const std::map<core::StreamId, Stream>& streams() const { return streams_; }

 private:
  ResourceHash HashOf(const hls::Url& url) const;
  void Index(const core::SegmentRef& ref, const hls::Url& url);
  void Unindex(const core::SegmentRef& ref, const std::string& url);
  // Where a playlist was loaded from.
  struct Base {
    const hls::Url& url;
    std::size_t size = 0;    // of the URL as text
    std::uint64_t hash = 0;  // of the same
  };
  // Takes in one listed segment; false if it may not be fetched.
  bool Enter(Stream& stream, const hls::Segment& segment, const Base& base,
             const UrlPredicate& admitted);
  // The URL of a segment if there is room for it and it may be fetched.
  absl::StatusOr<hls::Url> ResolveSegment(Stream& stream, const hls::Segment& segment,
                                          const Base& base, const UrlPredicate& admitted) const;
  // Takes in the init sections and parts in place of those of the last playlist.
  void EnterUnshared(Stream& stream, const hls::MediaPlaylist& playlist,
                     const hls::Url& base) const;
  void ForgetOld(Stream& stream, const hls::MediaPlaylist& playlist, TimePoint now);

  const hls::Url origin_;
  const RegistryOptions options_;
  core::StreamId last_id_ = 0;
  // Not a B-tree: callers keep pointers to a stream while others are opened.
  std::map<core::StreamId, Stream> streams_;
  absl::flat_hash_map<SwarmId, core::StreamId> by_swarm_;
  absl::flat_hash_map<ResourceHash, absl::InlinedVector<core::SegmentRef, 1>> by_resource_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_STREAM_REGISTRY_H_
