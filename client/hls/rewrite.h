// Rewriting the URIs of a playlist so that a player comes back to this client for all of them.
#ifndef SHOAL_CLIENT_HLS_REWRITE_H_
#define SHOAL_CLIENT_HLS_REWRITE_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/hls/parse_limits.h"
#include "client/hls/url.h"
#include "client/hls/variables.h"

namespace shoal::hls {

// Given the absolute URL (in Url's form) that a playlist names, what the player shall see in its
// place: an absolute URL or, usually, an absolute path with query ("/-/o/2/live/7.ts?t=1"). A path
// stays a path even if it begins with two slashes. nullopt: leave it as it is.
using UrlMapper = std::function<std::optional<std::string>(absl::string_view absolute_url)>;

struct RewriteOptions {
  // The target ("/live/index.m3u8?token=1") under which the player asked for this playlist. When
  // given, a reference that the player would by itself resolve to what the mapper wants is left
  // as written but for its variables: relative URIs stay relative, unless a redirect has moved the
  // playlist.
  std::string player_target;
  // For EXT-X-DEFINE:IMPORT.
  VariableMap imports;
  ParseLimits limits;
};

// Output grows over its input by at most this much; from there on URIs stay as they are. (A short
// reference below a long base is long once it is absolute.)
inline constexpr std::size_t kRewriteGrowthBytesMax = std::size_t{8} << 20;

// Absolute URLs that one playlist's URIs may come to, in bytes; what is below stays as it is.
inline constexpr std::size_t kResolvedBytesMax = std::size_t{64} << 20;

// `text` with its URIs replaced as `mapper` says, everything else byte for byte.
//
// A URI is a line that is neither blank nor begins with '#', and in a tag's attribute list the
// quoted value of URI, of any name that ends in -URI (SERVER-URI, X-ASSET-URI) and of X-ASSET-LIST:
// so EXT-X-KEY, MAP, MEDIA, I-FRAME-STREAM-INF, PART, PRELOAD-HINT, RENDITION-REPORT, SESSION-KEY,
// SESSION-DATA, CONTENT-STEERING, DATERANGE and what is yet to be invented. Variables in a URI are
// substituted (QUERYPARAM after `base_url`), and it is resolved against `base_url`, the URL that
// the playlist was finally loaded from. URIs that are then not http or https (data:, skd:) never
// reach the mapper.
//
// Does not fail: a line that makes no sense, uses a variable that is not defined, is over
// `options.limits`, or for which the mapper's answer could not stand there (quotes, line ends), is
// left as it is.
std::string RewritePlaylist(absl::string_view text, const Url& base_url, const UrlMapper& mapper,
                            const RewriteOptions& options = {});

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_REWRITE_H_
