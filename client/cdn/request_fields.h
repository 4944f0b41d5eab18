// What of a FetchRequest may be sent, and as which header lines. Threads: any.
#ifndef SHOAL_CLIENT_CDN_REQUEST_FIELDS_H_
#define SHOAL_CLIENT_CDN_REQUEST_FIELDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cdn/fetch.h"
#include "client/cdn/http_url.h"

namespace shoal::cdn {

// The request's URL, if the request can be sent at all: method, range, URL and every header field
// are well formed, so that none can smuggle in a line of its own.
absl::StatusOr<HttpUrl> CheckRequest(const FetchRequest& request);

// Whether the body is asked for in gzip and unpacked.
bool WantsUnpacking(const FetchRequest& request);

// The header lines for curl, without line ends: the request's own fields but those that only the
// connection may set, and Range. Without Authorization and Cookie if `drop_credentials`.
// REQUIRES: CheckRequest(request).ok().
std::vector<std::string> HeaderLines(const FetchRequest& request, bool drop_credentials);

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_REQUEST_FIELDS_H_
