// What a player sends along that the CDN may insist on: the client's own polls and ranges repeat
// the latest of it.
//
// Left out of queries: CMCD, which tells of one request of the player's, and the directives of
// low-latency HLS (_HLS_…), which ask for one particular version of a playlist.
//
// Threads: a value.
#ifndef SHOAL_CLIENT_RUNTIME_CREDENTIALS_H_
#define SHOAL_CLIENT_RUNTIME_CREDENTIALS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/cdn/fetch.h"
#include "client/hls/url.h"
#include "client/proxy/request.h"

namespace shoal::runtime {

class Credentials {
 public:
  // Takes over what a request carries. A field that it lacks is forgotten: a player that logged
  // out is logged out.
  void Learn(const proxy::Request& request);

  // The fields to send to the origin, or to another host: then without Cookie and Authorization.
  cdn::Headers HeadersFor(bool to_origin) const;

  bool has_authorization() const { return !authorization_.empty(); }

 private:
  std::string cookie_;
  std::string authorization_;
  std::string user_agent_;
  std::string referer_;
};

// `query` (without '?') less the parameters named above; everything else as written, in order.
std::string StripOwnParameters(absl::string_view query);

// Whether `query` has directives of low-latency HLS: such an answer is for that request alone.
bool HasDeliveryDirectives(absl::string_view query);

// The URL from which to fetch a segment that the playlist lists as `listed`, when the player's
// latest request for a segment of the stream carried `player_query` although the playlist had
// listed that one without: players (or pages) that add a token to every request by themselves.
hls::Url WithPlayerQuery(const hls::Url& listed, const std::string& player_query);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_CREDENTIALS_H_
