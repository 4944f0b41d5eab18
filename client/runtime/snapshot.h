// All that a client can tell about itself at one moment: for /-/status and /-/metrics.
// Threads: a value.
#ifndef SHOAL_CLIENT_RUNTIME_SNAPSHOT_H_
#define SHOAL_CLIENT_RUNTIME_SNAPSHOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/announce/tracker_client.h"
#include "client/cache/segment_cache.h"
#include "client/cdn/cdn_client.h"
#include "client/core/figures.h"
#include "client/peer/link_transport.h"
#include "client/proxy/proxy_server.h"
#include "client/runtime/cdn_fetcher.h"
#include "client/runtime/options.h"
#include "client/runtime/playlist_service.h"
#include "client/runtime/process_figures.h"
#include "client/runtime/relay.h"
#include "client/runtime/segment_service.h"
#include "client/runtime/unshared_service.h"
#include "common/base/ids.h"
#include "common/time/time.h"

namespace shoal::runtime {

// What the runtime knows of a stream beside the core's figures.
struct StreamDetails {
  std::string playlist;  // URL without query
  std::uint64_t bytes_to_peers = 0;
};

struct TrackerDetails {
  bool reachable = false;  // the last announce was answered
  announce::AnnounceFigures figures;
};

struct Snapshot {
  PeerId self;
  std::uint16_t listen_port = 0;
  std::uint16_t peer_port = 0;  // 0: no links are accepted
  Duration uptime{};
  ProcessFigures process;
  core::CoreFigures core;
  std::vector<StreamDetails> streams;  // as core.streams
  cache::CacheFigures cache;
  cdn::CdnFigures cdn;
  FetcherFigures fetcher;
  RelayFigures relay;
  SegmentFigures segments;
  UnsharedFigures unshared;
  PlaylistFigures playlists;
  proxy::ProxyFigures proxy;
  peer::LinkFigures links;
  std::optional<TrackerDetails> tracker;  // nullopt: there is none
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_SNAPSHOT_H_
