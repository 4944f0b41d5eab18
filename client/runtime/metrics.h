// The page /-/metrics: the figures of a client in Prometheus' text format.
//
// Names begin with shoal_client_; counters end in _total. Series of a stream carry its swarm id as
// label `swarm` and end when the stream is left. Threads: any.
#ifndef SHOAL_CLIENT_RUNTIME_METRICS_H_
#define SHOAL_CLIENT_RUNTIME_METRICS_H_

#include <string>

#include "client/runtime/snapshot.h"

namespace shoal::runtime {

// What the page's Content-Type is.
inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

std::string MetricsText(const Snapshot& snapshot);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_METRICS_H_
