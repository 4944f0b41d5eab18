// The target of a request (RFC 9112, 3.2), checked so that it can neither climb out of the origin's
// tree nor name another host.
//
// A path is refused if it
//  - does not begin with exactly one '/' ("//host" would be read as a host by whoever resolves it);
//  - has a segment "." or "..", however written: "%2e", ";" parameters behind it, or divided from
//    the next segment by "%2f";
//  - holds a backslash, a control character or a NUL, raw or as "%5c", "%0d", "%00";
//  - has a '%' without two hexadecimal digits, or a '#'.
// An encoded slash that does none of this is kept: there are origins whose file names hold one. In
// the query percent-encoding is the origin's affair; raw control characters and '#' are refused.
//
// Threads: a value.
#ifndef SHOAL_CLIENT_PROXY_TARGET_H_
#define SHOAL_CLIENT_PROXY_TARGET_H_

#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

namespace shoal::proxy {

enum class TargetProblem {
  kEmpty,
  kForm,         // neither a path nor an absolute http URL ("*", "host:443", "https://…")
  kDoubleSlash,  // "//…"
  kDotSegment,
  kBackslash,
  kControlCharacter,  // raw or percent-encoded, NUL included
  kPercentEncoding,
  kFragment,
};

class Target {
 public:
  // What is wrong with `written`, or the checked target.
  static std::variant<Target, TargetProblem> Parse(absl::string_view written);

  // For look-ups: begins with '/', no query; percent-encoded letters, digits and "-._~" decoded,
  // other escapes in upper case, bytes that a URI may not hold percent-encoded (RFC 3986, 6.2.2).
  const std::string& path() const { return path_; }
  // What of `origin_form` follows the '?'; empty if there is none.
  const std::string& query() const { return query_; }
  // For forwarding: path and query as the player wrote them (origins may sign URLs as written),
  // only with bytes that a URI may not hold percent-encoded. Begins with one '/'.
  const std::string& origin_form() const { return origin_form_; }
  // "host[:port]" of an absolute-form target ("http://host/path"); nullopt in the usual form.
  const std::optional<std::string>& authority() const { return authority_; }

 private:
  Target() = default;

  std::string path_;
  std::string query_;
  std::string origin_form_;
  std::optional<std::string> authority_;
};

// The value of argument `name` in a query ("a=1&b=2"), percent-decoded ('+' stays); nullopt when
// there is none. Escapes that are none are kept as they are.
std::optional<std::string> QueryArgument(absl::string_view query, absl::string_view name);

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_TARGET_H_
