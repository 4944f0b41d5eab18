#include "client/runtime/client.h"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/announce/identity.h"
#include "client/announce/tracker_client.h"
#include "client/cache/segment_cache.h"
#include "client/cdn/cdn_client.h"
#include "client/core/client_core.h"
#include "client/peer/link_transport.h"
#include "client/proxy/proxy_server.h"
#include "client/runtime/action_dispatcher.h"
#include "client/runtime/cdn_fetcher.h"
#include "client/runtime/client_loop.h"
#include "client/runtime/link_router.h"
#include "client/runtime/metrics.h"
#include "client/runtime/playlist_service.h"
#include "client/runtime/relay.h"
#include "client/runtime/request_router.h"
#include "client/runtime/resource_fetcher.h"
#include "client/runtime/segment_service.h"
#include "client/runtime/status.h"
#include "client/runtime/stream_registry.h"
#include "client/runtime/tracker_link.h"
#include "client/runtime/unshared_service.h"
#include "client/runtime/url_space.h"
#include "common/cli/version.h"

namespace shoal::runtime {
namespace {

// Goodbyes to peers are written at once, but the kernel wants a moment to send them.
constexpr Duration kGoodbyes = Milliseconds(200);

bool Swarms(const Options& options) {
  return !options.tracker.empty() && options.core.assignment != core::AssignmentKind::kOff;
}

// As given, with what follows from it filled in.
Options InForce(Options options) {
  if (options.tracker.empty()) options.core.assignment = core::AssignmentKind::kOff;
  options.core.has_tracker = Swarms(options);
  if (options.name_space.empty()) options.name_space = options.origin.Authority();
  return options;
}

cdn::CdnOptions CdnOptionsOf(const Options& options) {
  return {.user_agent = absl::StrCat("Shoal/", Version()), .ca_file = options.origin_ca_file};
}

}  // namespace

// Members are in the order in which they need each other; those of the middle also refer to later
// ones, but use them only once all are there.
class Client::Parts {
 public:
  Parts(boost::asio::io_context& io_context, const Clock& a_clock, Options given, const PeerId& id,
        std::uint64_t seed)
      : io(io_context),
        clock(a_clock),
        options(InForce(std::move(given))),
        self(id),
        started_at(a_clock.Now()),
        space(options.origin),
        registry(options.origin,
                 {.name_space = options.name_space, .ignore_path = options.ignore_path}),
        cache(options.core.cache_bytes),
        cdn(io, CdnOptionsOf(options)),
        core(options.core, id, seed),
        loop(io, clock, core, dispatcher),
        relay(cdn, space),
        resource_fetcher(io, cdn, space),
        playlists({.fetcher = resource_fetcher,
                   .pass_through = relay,
                   .space = space,
                   .registry = registry,
                   .sink = loop,
                   .clock = clock}),
        segments({.cache = cache, .registry = registry, .pass_through = relay, .sink = loop}),
        unshared({.fetcher = resource_fetcher,
                  .registry = registry,
                  .space = space,
                  .pass_through = relay,
                  .clock = clock,
                  .cache_bytes = options.core.cache_bytes,
                  .share_private = options.share_private}),
        fetcher({.cdn = cdn,
                 .registry = registry,
                 .space = space,
                 .sink = loop,
                 .share_private = options.share_private}),
        links({.registry = registry,
               .cache = cache,
               .sink = loop,
               .self = id,
               .upload_class = [this] { return core.upload_class(); }}),
        tracker_link(loop),
        dispatcher({.cache = cache,
                    .registry = registry,
                    .fetcher = fetcher,
                    .playlists = playlists,
                    .segments = segments,
                    .links = links,
                    .tracker = tracker_link}),
        router({.space = space,
                .playlists = playlists,
                .segments = segments,
                .unshared = unshared,
                .pass_through = relay,
                .status_json = [this] { return StatusJson(TakeSnapshot(), options); },
                .metrics_text = [this] { return MetricsText(TakeSnapshot()); }}),
        proxy(io, router),
        stop_timer(io) {
    relay.set_playlist_taker([this](std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
                                    const cdn::ResponseHead& head, std::string body) {
      playlists.ServeLoaded(std::move(exchange), url, head, std::move(body));
    });
  }

  absl::Status OpenPorts();
  void Stop(std::function<void()> done);
  Snapshot TakeSnapshot() const;

  boost::asio::io_context& io;
  const Clock& clock;
  const Options options;
  const PeerId self;
  const TimePoint started_at;
  std::uint16_t listen_port = 0;
  std::uint16_t peer_port = 0;

  UrlSpace space;
  StreamRegistry registry;
  cache::SegmentCache cache;
  cdn::CdnClient cdn;
  core::ClientCore core;
  ClientLoop loop;
  Relay relay;
  CdnResourceFetcher resource_fetcher;
  PlaylistService playlists;
  SegmentService segments;
  UnsharedService unshared;
  CdnFetcher fetcher;
  LinkRouter links;
  TrackerLink tracker_link;
  ActionDispatcher dispatcher;
  RequestRouter router;
  std::optional<peer::LinkTransport> transport;    // only with a swarm to be in
  std::optional<announce::TrackerClient> tracker;  // likewise
  proxy::ProxyServer proxy;

 private:
  void StopStep();

  boost::asio::steady_timer stop_timer;
  int stop_steps_left_ = 0;
  std::function<void()> stopped_;
};

absl::Status Client::Parts::OpenPorts() {
  if (Swarms(options)) {
    transport.emplace(io, links);
    const absl::StatusOr<std::uint16_t> port = transport->Listen(options.peer_listen);
    if (!port.ok()) {
      return absl::Status(port.status().code(),
                          absl::StrCat("--peer-listen: ", port.status().message()));
    }
    peer_port = *port;
    links.Use(&*transport, peer_port);
    tracker.emplace(io, options.tracker, self);
    tracker->set_port(peer_port);
    tracker_link.Use(&*tracker);
  }
  const absl::StatusOr<std::uint16_t> port = proxy.Listen(options.listen);
  if (!port.ok()) {
    return absl::Status(port.status().code(), absl::StrCat("--listen: ", port.status().message()));
  }
  listen_port = *port;
  return absl::OkStatus();
}

void Client::Parts::Stop(std::function<void()> done) {
  stopped_ = std::move(done);
  stop_steps_left_ = 3;
  loop.Post(core::ShutdownRequested{});
  proxy.Stop(kStopGrace, [this] { StopStep(); });
  tracker_link.WhenIdle([this] { StopStep(); });
  stop_timer.expires_after(transport ? kGoodbyes : Duration::zero());
  stop_timer.async_wait([this](const boost::system::error_code&) {
    StopStep();
    if (!stopped_) return;
    stop_timer.expires_after(kStopGrace - kGoodbyes);
    stop_timer.async_wait([this](const boost::system::error_code& error) {
      if (error != boost::asio::error::operation_aborted && stopped_) {
        std::exchange(stopped_, nullptr)();
      }
    });
  });
}

void Client::Parts::StopStep() {
  if (--stop_steps_left_ == 0 && stopped_) std::exchange(stopped_, nullptr)();
}

Snapshot Client::Parts::TakeSnapshot() const {
  Snapshot snapshot{.self = self, .listen_port = listen_port, .peer_port = peer_port};
  snapshot.uptime = clock.Now() - started_at;
  snapshot.process = ReadProcessFigures();
  snapshot.core = core.Figures();
  for (const core::StreamFigures& figures : snapshot.core.streams) {
    StreamDetails details{.bytes_to_peers = links.BytesSent(figures.stream)};
    const auto known = registry.streams().find(figures.stream);
    if (known != registry.streams().end()) {
      const hls::Url& url = known->second.playlist_url;
      details.playlist = absl::StrCat(url.Origin(), url.path());
    }
    snapshot.streams.push_back(std::move(details));
  }
  snapshot.cache = cache.figures();
  snapshot.cdn = cdn.figures();
  snapshot.fetcher = fetcher.figures();
  snapshot.relay = relay.figures();
  snapshot.segments = segments.figures();
  snapshot.unshared = unshared.figures();
  snapshot.playlists = playlists.figures();
  snapshot.proxy = proxy.figures();
  if (transport) snapshot.links = transport->figures();
  if (tracker) {
    snapshot.tracker = {.reachable = tracker_link.reachable(), .figures = tracker->figures()};
  }
  return snapshot;
}

Client::Client(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Create(boost::asio::io_context& io,
                                                       const Clock& clock, Options options,
                                                       std::uint64_t seed) {
  const absl::StatusOr<announce::PeerIdentity> identity =
      announce::LoadOrCreateIdentity(options.state_dir);
  if (!identity.ok()) {
    return absl::Status(identity.status().code(),
                        absl::StrCat("--state-dir: ", identity.status().message()));
  }
  auto parts = std::make_unique<Parts>(io, clock, std::move(options), identity->id, seed);
  if (absl::Status opened = parts->OpenPorts(); !opened.ok()) return opened;
  return std::unique_ptr<Client>(new Client(std::move(parts)));
}

std::uint16_t Client::listen_port() const { return parts_->listen_port; }
std::uint16_t Client::peer_port() const { return parts_->peer_port; }
void Client::Stop(std::function<void()> stopped) { parts_->Stop(std::move(stopped)); }
Snapshot Client::TakeSnapshot() const { return parts_->TakeSnapshot(); }

}  // namespace shoal::runtime
