// The page /-/status: everything that a client can tell about itself, as one JSON object.
//
//   version, uptime_s, peer_id, listen_port, peer_port
//   options     the settings in force
//   process     rss_bytes, rss_max_bytes, cpu_s
//   totals      since the start, over all streams: bytes_from_cdn, bytes_from_peers,
//               bytes_to_peers, bytes_to_players
//   streams     one object for each stream that is followed; see core::StreamFigures
//   upload, cdn, cache, players, playlists, pass_through, links, tracker
//
// Bytes are bytes, times seconds, rates bytes per second. Keys are only ever added. Threads: any.
#ifndef SHOAL_CLIENT_RUNTIME_STATUS_H_
#define SHOAL_CLIENT_RUNTIME_STATUS_H_

#include <string>

#include "client/runtime/options.h"
#include "client/runtime/snapshot.h"

namespace shoal::runtime {

std::string StatusJson(const Snapshot& snapshot, const Options& options);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_STATUS_H_
