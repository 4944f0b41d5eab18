#include "client/proxy/request.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/proxy/host_header.h"

namespace shoal::proxy {
namespace {

// A player's words in a message: short, and nothing but printable ASCII.
std::string Quoted(absl::string_view text) {
  constexpr std::size_t kShown = 64;
  return absl::StrCat("'", absl::CHexEscape(text.substr(0, kShown)),
                      text.size() > kShown ? "…'" : "'");
}

RequestError Error(RequestProblem problem, int status, std::string message) {
  return {problem, status, std::move(message)};
}

absl::string_view Describe(TargetProblem problem) {
  switch (problem) {
    case TargetProblem::kEmpty:
      return "is empty";
    case TargetProblem::kForm:
      return "is neither a path nor an http URL";
    case TargetProblem::kDoubleSlash:
      return "begins with two slashes";
    case TargetProblem::kDotSegment:
      return "has a '.' or '..' segment";
    case TargetProblem::kBackslash:
      return "holds a backslash";
    case TargetProblem::kControlCharacter:
      return "holds a space or control character";
    case TargetProblem::kPercentEncoding:
      return "has a '%' without two hexadecimal digits";
    case TargetProblem::kFragment:
      return "holds a '#'";
  }
  return "is malformed";
}

std::optional<Method> ParseMethod(absl::string_view name) {
  if (name == "GET") return Method::kGet;
  if (name == "HEAD") return Method::kHead;
  if (name == "OPTIONS") return Method::kOptions;
  return std::nullopt;
}

std::optional<RequestError> CheckFields(const RawRequest& raw, const Limits& limits) {
  if (raw.target.size() > limits.target_bytes) {
    return Error(RequestProblem::kTargetTooLong, 414,
                 absl::StrCat("the request target has ", raw.target.size(), " bytes; the limit is ",
                              limits.target_bytes));
  }
  if (raw.headers.size() > limits.header_count) {
    return Error(RequestProblem::kTooManyHeaders, 431,
                 absl::StrCat("the request has ", raw.headers.size(), " headers; the limit is ",
                              limits.header_count));
  }
  for (const auto& [name, value] : raw.headers) {
    if (!IsHeaderName(name)) {
      return Error(RequestProblem::kHeader, 400,
                   absl::StrCat("a header may not be called ", Quoted(name)));
    }
    if (!IsHeaderValue(value)) {
      return Error(RequestProblem::kHeader, 400,
                   absl::StrCat("header ", Quoted(name), " holds a control character"));
    }
  }
  return std::nullopt;
}

std::optional<RequestError> CheckNoBody(const Headers& headers) {
  const bool encoded = headers.Has("Transfer-Encoding");
  const auto length = headers.Find("Content-Length");
  if (!length) {
    if (!encoded) return std::nullopt;
    return Error(RequestProblem::kBody, 413, "requests may not have a body");
  }
  // Which of two lengths counts is what request smuggling lives on.
  if (encoded || headers.Count("Content-Length") > 1) {
    return Error(RequestProblem::kLength, 400, "the length of the request's body is ambiguous");
  }
  if (length->empty() || !std::all_of(length->begin(), length->end(), absl::ascii_isdigit)) {
    return Error(RequestProblem::kLength, 400,
                 absl::StrCat("Content-Length ", Quoted(*length), " is not a number"));
  }
  if (std::any_of(length->begin(), length->end(), [](char c) { return c != '0'; })) {
    return Error(RequestProblem::kBody, 413, "requests may not have a body");
  }
  return std::nullopt;
}

// Whether an absolute-form target's authority means the very socket that the request came to.
bool IsThisProxy(absl::string_view authority, const RawRequest& raw) {
  const auto named = ParseHostAndPort(authority);
  if (!named || named->port.value_or(80) != raw.local_port) return false;
  const auto local = ParseHostAndPort(absl::StrContains(raw.local_address, ':')
                                          ? absl::StrCat("[", raw.local_address, "]")
                                          : raw.local_address);
  return named->host == "localhost" || (local && named->host == local->host) ||
         (!raw.listening_host.empty() && absl::EqualsIgnoreCase(named->host, raw.listening_host));
}

}  // namespace

std::variant<Request, RequestError> Request::Make(RawRequest raw, const Limits& limits) {
  if (auto error = CheckFields(raw, limits)) return *std::move(error);
  const std::optional<Method> method = ParseMethod(raw.method);
  if (!method) {
    return Error(
        RequestProblem::kMethod, 405,
        absl::StrCat("method ", Quoted(raw.method), " is not served: GET, HEAD and OPTIONS are"));
  }
  if (auto error = CheckNoBody(raw.headers)) return *std::move(error);

  auto target = Target::Parse(raw.target);
  if (const auto* problem = std::get_if<TargetProblem>(&target)) {
    return Error(RequestProblem::kTarget, 400,
                 absl::StrCat("request target ", Quoted(raw.target), " ", Describe(*problem)));
  }
  Request request(std::get<Target>(std::move(target)));

  const std::size_t hosts = raw.headers.Count("Host");
  request.host_ = std::string(raw.headers.Find("Host").value_or(""));
  if (hosts > 1 || (hosts == 0 && raw.minor_version >= 1) ||
      (hosts == 1 && !ParseHostAndPort(request.host_))) {
    return Error(RequestProblem::kHost, 400,
                 hosts == 1 ? absl::StrCat("Host ", Quoted(request.host_), " is not a host")
                            : absl::StrCat("the request has ", hosts, " Host headers, not one"));
  }
  if (const auto& authority = request.target_.authority()) {
    if (!IsThisProxy(*authority, raw)) {
      return Error(RequestProblem::kOtherHost, 421,
                   absl::StrCat("this server does not answer for ", Quoted(*authority)));
    }
    request.host_ = *authority;  // RFC 9112, 3.2.2: it overrides the header
  }

  request.method_ = *method;
  request.headers_ = std::move(raw.headers);
  request.minor_version_ = raw.minor_version;
  request.keep_alive_ = raw.keep_alive;
  request.remote_address_ = std::move(raw.remote_address);
  request.listening_host_ = std::move(raw.listening_host);
  return request;
}

absl::string_view Request::method_name() const {
  switch (method_) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kOptions:
      return "OPTIONS";
  }
  return "";
}

}  // namespace shoal::proxy
