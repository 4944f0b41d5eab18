// Generic URIs (RFC 3986): taking them apart and resolving references. Purely syntactic, for any
// scheme, and total: every text has parts. For checked http and https URLs see url.h. Threads: any.
#ifndef SHOAL_CLIENT_HLS_URI_H_
#define SHOAL_CLIENT_HLS_URI_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace shoal::hls {

// The five components (RFC 3986, appendix B), without their delimiters. nullopt: not there, which
// differs from empty.
struct UriParts {
  std::optional<absl::string_view> scheme;
  std::optional<absl::string_view> authority;
  absl::string_view path;
  std::optional<absl::string_view> query;
  std::optional<absl::string_view> fragment;
};

// Views into `uri`.
UriParts SplitUri(absl::string_view uri);

// `reference` as seen from `base` (RFC 3986, section 5.2, strict). REQUIRES: base has a scheme.
std::string ResolveUri(absl::string_view base, absl::string_view reference);

// RFC 3986, section 5.2.4: without "." and ".." segments.
std::string RemoveDotSegments(absl::string_view path);

// `text` with spaces, quotes, angle brackets, bytes outside ASCII and, before the query, braces and
// backquotes percent-encoded; what is encoded already stays. So do browsers treat references, and
// the paths that players ask for are to be those that this client computes.
std::string EncodeUriText(absl::string_view text);

// The value of the first parameter `name` in `query` (a=1&b=2), percent-decoded and '+' read as a
// space; nullopt when there is none.
std::optional<std::string> FindQueryParameter(absl::string_view query, absl::string_view name);

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_URI_H_
