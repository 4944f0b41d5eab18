// The settings of a CdnClient. Each says what it does and when to touch it. Threads: values.
#ifndef SHOAL_CLIENT_CDN_OPTIONS_H_
#define SHOAL_CLIENT_CDN_OPTIONS_H_

#include <cstddef>
#include <string>

#include "common/time/time.h"

namespace shoal::cdn {

// No answer may have more; one that does ends as FetchOutcome::kBadAnswer.
inline constexpr std::size_t kHeaderBytesMax = 64 * 1024;
inline constexpr std::size_t kHeaderCountMax = 128;

struct CdnOptions {
  // What servers see as User-Agent unless the request brings one.
  std::string user_agent = "Shoal/0.1";

  // PEM file of the authorities to trust for https. Empty: the system's. For origins with a private
  // authority, and for tests.
  std::string ca_file;

  // URL of an HTTP proxy for all transfers. Empty: none; the environment's http_proxy and the like
  // are never looked at.
  std::string proxy;

  // Transfers under way at once, in all and to one host (scheme, name and port). HTTP/1.1 takes one
  // connection for each. Further ones wait their turn, first come, first served.
  std::size_t transfers_max = 64;
  std::size_t transfers_per_host_max = 24;
  // Transfers waiting at most; further ones end as FetchOutcome::kUnreachable.
  std::size_t waiting_max = 512;

  // Connections open at once beyond which idle ones are closed instead of kept for later transfers.
  // More save set-up time when there are many hosts.
  std::size_t connections_kept_max = 24;

  // Bytes read from a connection, and so given to OnBody, at once. Memory per transfer under way.
  std::size_t buffer_bytes = 16 * 1024;

  // How long an address of a host name is believed.
  Duration dns_cache = Seconds(60);
};

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_OPTIONS_H_
