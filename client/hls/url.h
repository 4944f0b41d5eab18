// A checked http or https URL: the only kind this client fetches or rewrites.
//
// Made by Parse or Resolve only, so it is always well formed: no user information (a host written
// as user@host deceives readers), no control characters, spaces or backslashes, a host that is a
// DNS name, an IPv4 literal or a bracketed IPv6 literal, and a port of 1 … 65535. Scheme and host
// are lower-case; a default port is not written; the path begins with '/' and has no dot segments;
// there is no fragment. Equal URLs in this form are equal strings. Threads: a value.
#ifndef SHOAL_CLIENT_HLS_URL_H_
#define SHOAL_CLIENT_HLS_URL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace shoal::hls {

// Longer URLs are refused.
inline constexpr std::size_t kUrlBytesMax = std::size_t{8} << 10;

class Url {
 public:
  // An absolute URL.
  static absl::StatusOr<Url> Parse(absl::string_view text);

  // `reference`, relative or absolute, as seen from this URL (RFC 3986, section 5.2). Blanks at its
  // ends are dropped and what cannot stand in a URI is percent-encoded, as browsers do; the result
  // is then held to the same rules as in Parse.
  absl::StatusOr<Url> Resolve(absl::string_view reference) const;

  // The URL of `target`, the path and query of a request line, at this URL's origin. Unlike in
  // Resolve, "//host/path" is a path here and never leads to another host. Error unless it begins
  // with '/'.
  absl::StatusOr<Url> WithTarget(absl::string_view target) const;

  bool is_https() const { return https_; }
  absl::string_view scheme() const { return https_ ? "https" : "http"; }
  // Lower-case; an IPv6 literal without its brackets.
  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }  // the scheme's default if none is written
  // As written in URLs: host, brackets where due, ":port" unless it is the default.
  std::string Authority() const;
  // "https://example.com:8443": equal exactly if scheme, host and port are.
  std::string Origin() const;
  const std::string& path() const { return path_; }
  // Without '?'; nullopt when there is none.
  const std::optional<std::string>& query() const { return query_; }
  // Path and query: what stands in a request line.
  std::string Target() const;
  std::string ToString() const;

  bool SameOrigin(const Url& other) const {
    return https_ == other.https_ && host_ == other.host_ && port_ == other.port_;
  }

  friend bool operator==(const Url&, const Url&) = default;

 private:
  Url() = default;

  bool https_ = false;
  std::string host_;
  std::uint16_t port_ = 0;
  std::string path_;
  std::optional<std::string> query_;
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_URL_H_
