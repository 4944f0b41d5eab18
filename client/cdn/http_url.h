// An absolute http or https URL, taken apart and put together by curl's own URL code, so that what
// is checked here is what curl connects to. Threads: values.
#ifndef SHOAL_CLIENT_CDN_HTTP_URL_H_
#define SHOAL_CLIENT_CDN_HTTP_URL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace shoal::cdn {

class HttpUrl {
 public:
  // nullopt unless `text` is an absolute http or https URL with a host. Spaces and bytes above 127
  // are percent-encoded; control characters are refused.
  static std::optional<HttpUrl> Parse(absl::string_view text);

  // What `reference`, as a Location field has it, means relative to this URL (RFC 3986, section 5).
  // nullopt if that is no http or https URL.
  std::optional<HttpUrl> Resolve(absl::string_view reference) const;

  // Whether what the player trusted this URL's host with may be sent to `next`: the same host, and
  // the same scheme and port unless only the usual port of http became that of https.
  bool MayShareCredentials(const HttpUrl& next) const;

  const std::string& text() const { return text_; }  // without fragment
  const std::string& host() const { return host_; }  // lower case; IPv6 in brackets
  bool is_https() const { return https_; }

  // Scheme, host and port: equal for URLs that can share a connection.
  std::string HostKey() const;
  // For logs: neither user, password nor query string.
  std::string PublicName() const;

 private:
  HttpUrl() = default;

  std::string text_;
  std::string host_;
  std::string path_;
  std::uint16_t port_ = 0;
  bool https_ = false;
};

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_HTTP_URL_H_
