// A player's request, checked: a value of this type is always one that may be served.
//
// What has no place at a media proxy is refused here, with a reason for tests, a status for the
// player and a sentence that names the problem: other methods than GET, HEAD and OPTIONS, bodies,
// targets that climb (see target.h) or name another host, missing or contradictory Host and
// Content-Length headers, header values with control characters. `Expect` and `Upgrade` are
// ignored: RFC 9110 allows it and nothing here needs them.
//
// Threads: a value.
#ifndef SHOAL_CLIENT_PROXY_REQUEST_H_
#define SHOAL_CLIENT_PROXY_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "client/proxy/headers.h"
#include "client/proxy/limits.h"
#include "client/proxy/target.h"

namespace shoal::proxy {

enum class Method { kGet, kHead, kOptions };

enum class RequestProblem {
  kSyntax,          // not HTTP at all
  kVersion,         // HTTP, but not 1.0 or 1.1
  kTooLarge,        // limits.header_bytes
  kTooManyHeaders,  // limits.header_count
  kTargetTooLong,   // limits.target_bytes
  kMethod,
  kTarget,     // see TargetProblem
  kOtherHost,  // an absolute-form target that is not for this proxy
  kHost,       // none, several, or not a host
  kHeader,     // a name or value with bytes that it may not hold
  kLength,     // contradictory or malformed Content-Length, or one beside Transfer-Encoding
  kBody,
};

// Why a request is not served.
struct RequestError {
  RequestProblem problem;
  int status = 400;     // of the answer
  std::string message;  // one line of its body
};

// A request as it stood on the wire, and where it came from.
struct RawRequest {
  std::string method;
  std::string target;
  int minor_version = 1;  // of HTTP/1
  bool keep_alive = true;
  Headers headers;
  std::string remote_address;  // the player's, without port; IPv4 in its own notation
  std::string local_address;   // the connection's other end
  std::uint16_t local_port = 0;
  std::string listening_host;  // as ProxyServer::Listen was given it
};

class Request {
 public:
  static std::variant<Request, RequestError> Make(RawRequest raw, const Limits& limits);

  Method method() const { return method_; }
  bool is_head() const { return method_ == Method::kHead; }
  absl::string_view method_name() const;
  // The three views of the target: see target.h.
  const std::string& path() const { return target_.path(); }
  const std::string& query() const { return target_.query(); }
  const std::string& target() const { return target_.origin_form(); }
  // Decoded; nullopt when there is none of that name.
  std::optional<std::string> QueryArgument(absl::string_view name) const {
    return proxy::QueryArgument(target_.query(), name);
  }
  const Headers& headers() const { return headers_; }
  std::optional<absl::string_view> FindHeader(absl::string_view name) const {
    return headers_.Find(name);
  }
  // The Host header as written; empty only for HTTP/1.0.
  const std::string& host() const { return host_; }
  int minor_version() const { return minor_version_; }
  // Whether the player would send another request on this connection.
  bool keep_alive() const { return keep_alive_; }
  const std::string& remote_address() const { return remote_address_; }
  // The host that the proxy was told to listen on: for IsLocalHostHeader.
  const std::string& listening_host() const { return listening_host_; }

 private:
  explicit Request(Target target) : target_(std::move(target)) {}

  Method method_ = Method::kGet;
  Target target_;
  Headers headers_;
  std::string host_;
  int minor_version_ = 1;
  bool keep_alive_ = true;
  std::string remote_address_;
  std::string listening_host_;
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_REQUEST_H_
