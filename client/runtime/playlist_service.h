// Playlists: for players, who get them rewritten, and for the core, which gets to know what they
// list.
//
// A player's request joins the load that is under way; a load that ended less than
// kPlaylistFreshFor ago answers it; else the playlist is loaded now. The core's FetchPlaylist is
// the same load without a player. When the CDN fails, players get the last playlist for as long as
// three target durations, then what the CDN said.
//
// A media playlist is followed from the first time a player asks for it until the core closes the
// stream. Not followed, but still rewritten and served: multivariant playlists; playlists that make
// no sense (with one warning each); answers to requests with low-latency directives, which are for
// that request alone; what exceeds kStreamsMax.
//
// Threads: loop thread only. Ownership: borrows all that it is given.
#ifndef SHOAL_CLIENT_RUNTIME_PLAYLIST_SERVICE_H_
#define SHOAL_CLIENT_RUNTIME_PLAYLIST_SERVICE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "client/hls/playlist.h"
#include "client/proxy/exchange.h"
#include "client/runtime/event_sink.h"
#include "client/runtime/pass_through.h"
#include "client/runtime/playlist_page.h"
#include "client/runtime/resource_fetcher.h"
#include "client/runtime/stream_registry.h"
#include "client/runtime/url_space.h"
#include "common/time/time.h"

namespace shoal::runtime {

// Several players, or a player and the core's poll, within this time get the same playlist.
inline constexpr Duration kPlaylistFreshFor = Milliseconds(250);
// How long, in target durations, the last playlist serves while the CDN fails.
inline constexpr int kStaleTargetDurations = 3;
// Playlists remembered, followed or not; beyond it the one asked for longest ago goes.
inline constexpr std::size_t kPlaylistsMax = 256;
// Media playlists for which variables of their multivariant playlist are remembered.
inline constexpr std::size_t kImportsMax = 1024;

struct PlaylistFigures {
  std::uint64_t requests = 0;  // of players
  std::uint64_t loads = 0;     // from the CDN
  std::uint64_t failures = 0;  // of loads, an answer other than a playlist included
  std::uint64_t stale = 0;     // answers from the last playlist because the CDN failed
};

class PlaylistService {
 public:
  struct Parts {
    ResourceFetcher& fetcher;
    PassThrough& pass_through;
    UrlSpace& space;
    StreamRegistry& registry;
    EventSink& sink;
    const Clock& clock;
  };
  explicit PlaylistService(const Parts& parts);
  PlaylistService(const PlaylistService&) = delete;
  PlaylistService& operator=(const PlaylistService&) = delete;

  // Whether `url` is to be asked for here: it is called like a playlist, or was one before.
  bool Expects(const hls::Url& url) const;

  // Answers a player's GET or HEAD.
  void Serve(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url);

  // The same when pass-through has the playlist already.
  void ServeLoaded(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
                   const cdn::ResponseHead& head, std::string body);

  // The core's actions of these names.
  void Fetch(core::StreamId stream);
  void CloseStream(core::StreamId stream);

  const PlaylistFigures& figures() const { return figures_; }

 private:
  using Exchanges = std::vector<std::shared_ptr<proxy::Exchange>>;
  using Imports = std::shared_ptr<const hls::VariableMap>;
  using Page = std::shared_ptr<const PlaylistPage>;

  // The last load that gave a playlist.
  struct Good {
    Page page;
    hls::Url asked;  // with the query of that time
    TimePoint at{};
    Duration target_duration{};  // zero: a multivariant playlist
    std::string etag;
    std::string last_modified;
  };

  struct Source {
    hls::Url url;             // as a player asked for it last, our own parameters taken out
    Credentials credentials;  // of that request
    TimePoint asked_at{};
    std::optional<Good> good;
    bool loading = false;
    bool warned = false;
    Exchanges waiting;
  };

  static std::string KeyOf(const hls::Url& url);
  Source* Find(const std::string& key);
  Source& Touch(const proxy::Request& request, const hls::Url& url);
  // Whether the last load answers a player's request as it is.
  bool IsFresh(const Source& source) const;
  void MakeRoom();
  void Load(const std::string& key, Source& source);
  void Loaded(const std::string& key, ResourceAnswer answer);

  // Takes in the text of a playlist. Returns it as it can be shown, well formed or not.
  Page TakeIn(const std::string& key, const cdn::ResponseHead& head, std::string body,
              bool for_player);
  // The last one still holds.
  Page TakeInAgain(const std::string& key, bool for_player);
  void Follow(const Source& source, const hls::MediaPlaylist& playlist, const hls::Url& base,
              bool for_player);
  void Warn(Source& source, absl::string_view why);
  void Fail(const hls::Url& url);

  void AnswerFailure(const std::string& key, const Exchanges& waiting,
                     const ResourceAnswer& answer);
  void PassOn(std::shared_ptr<proxy::Exchange> exchange, const ResourceAnswer& answer);
  void Show(proxy::Exchange& exchange, const std::string& key, const PlaylistPage& page);

  hls::VariableMap ImportsFor(const std::string& key) const;
  void RememberImports(const hls::MultivariantPlaylist& playlist, const hls::Url& base);

  const Parts parts_;
  PlaylistFigures figures_;
  absl::flat_hash_map<std::string, std::unique_ptr<Source>> sources_;
  absl::flat_hash_map<std::string, Imports> imports_;  // by key of the media playlist
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_PLAYLIST_SERVICE_H_
