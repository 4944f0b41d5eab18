// The URLs of the origin, and of other hosts that it sends players to, as paths on this proxy.
//
//   https://origin.example/live/a.ts?t=1   <->   /live/a.ts?t=1
//   https://other.example/live/a.ts?t=1    <->   /-/o/2/live/a.ts?t=1
//
// A host gets its number when the origin's playlists or redirects name it; a number that was not
// given leads nowhere, so a web page cannot use this proxy to reach hosts of its choice. Hosts in
// private address ranges get none unless the origin itself is in one: playlists from the internet
// must not be a way into the owner's network. Names that only resolve to such addresses are caught
// by MayConnect.
//
// Threads: loop thread only.
#ifndef SHOAL_CLIENT_RUNTIME_URL_SPACE_H_
#define SHOAL_CLIENT_RUNTIME_URL_SPACE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cdn/fetch.h"
#include "client/hls/url.h"

namespace shoal::runtime {

// What players ask below it is not the origin's: "/-/status", "/-/o/1/path".
inline constexpr absl::string_view kOwnPrefix = "/-/";
inline constexpr absl::string_view kOtherHostPrefix = "/-/o/";
// Hosts other than the origin that get a number; references to further ones stay as they are.
inline constexpr std::size_t kOtherHostsMax = 256;

class UrlSpace {
 public:
  // `origin`: only its scheme, host and port count.
  explicit UrlSpace(const hls::Url& origin);

  const hls::Url& origin() const { return origin_; }
  bool IsOrigin(const hls::Url& url) const { return url.SameOrigin(origin_); }

  // The URL that a player's target (path and query as it wrote them) stands for. kNotFound for a
  // host without number, or other paths of our own.
  absl::StatusOr<hls::Url> UpstreamOf(absl::string_view target) const;

  // The target under which players reach `url`; its host gets a number if need be. nullopt if it
  // may not have one: then the player sees the URL itself and goes there on its own.
  std::optional<std::string> TargetOf(const hls::Url& url);

  // Sets may_follow and may_connect of a request to the two checks below. This object must outlive
  // the transfer.
  void Guard(cdn::FetchRequest* request);

  // Whether a redirect may be followed there; takes its host in.
  bool MayFollow(absl::string_view url);

  // Whether `address` (4 or 16 bytes) may be connected to for `url`. Learns from the origin's own
  // addresses whether it is private.
  bool MayConnect(absl::string_view url, absl::string_view address);

 private:
  const hls::Url origin_;
  bool origin_is_private_;
  std::vector<hls::Url> others_;                           // number - 1 -> any URL of that host
  absl::flat_hash_map<std::string, std::size_t> numbers_;  // Url::Origin() -> number
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_URL_SPACE_H_
