#include "client/proxy/answer_head.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace shoal::proxy {
namespace {

constexpr std::pair<int, absl::string_view> kReasons[] = {
    {200, "OK"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {416, "Range Not Satisfiable"},
    {421, "Misdirected Request"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// Fields that concern one connection (RFC 9110, 7.6.1), and the length, which the framing says.
constexpr absl::string_view kPerConnection[] = {"Connection",
                                                "Keep-Alive",
                                                "Proxy-Connection",
                                                "Proxy-Authenticate",
                                                "Proxy-Authorization",
                                                "TE",
                                                "Trailer",
                                                "Transfer-Encoding",
                                                "Upgrade",
                                                "Content-Length"};

bool IsAmong(absl::string_view name, const std::vector<absl::string_view>& names) {
  return std::any_of(names.begin(), names.end(), [name](absl::string_view other) {
    return absl::EqualsIgnoreCase(name, other);
  });
}

std::vector<absl::string_view> NotForwarded(const Headers& headers) {
  std::vector<absl::string_view> names(std::begin(kPerConnection), std::end(kPerConnection));
  for (const auto& [name, value] : headers) {
    if (!absl::EqualsIgnoreCase(name, "Connection")) continue;
    for (const absl::string_view option : absl::StrSplit(value, ',')) {
      names.push_back(absl::StripAsciiWhitespace(option));
    }
  }
  return names;
}

std::string HttpDate() {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::Now(), absl::UTCTimeZone());
}

}  // namespace

absl::string_view ReasonPhrase(int status) {
  const auto* found = std::find_if(std::begin(kReasons), std::end(kReasons),
                                   [status](const auto& reason) { return reason.first == status; });
  return found == std::end(kReasons) ? absl::string_view() : found->second;
}

bool IsBodyless(int status) { return status == 204 || status == 304; }

absl::Status CheckHead(int status, const Headers& headers) {
  if (status < 200 || status > 599) {
    return absl::InvalidArgumentError(absl::StrCat("status ", status, " cannot be sent"));
  }
  for (const auto& [name, value] : headers) {
    if (!IsHeaderName(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a header may not be called '", absl::CHexEscape(name), "'"));
    }
    if (!IsHeaderValue(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the value of header ", name, " holds a control character"));
    }
  }
  return absl::OkStatus();
}

std::string FormatHead(int status, const Headers& headers, const Headers& framing) {
  const std::vector<absl::string_view> not_forwarded = NotForwarded(headers);
  std::string head = absl::StrCat("HTTP/1.1 ", status, " ", ReasonPhrase(status), "\r\n");
  if (!headers.Has("Date")) absl::StrAppend(&head, "Date: ", HttpDate(), "\r\n");
  if (!headers.Has("Server")) absl::StrAppend(&head, "Server: Shoal\r\n");
  for (const auto& [name, value] : headers) {
    if (!IsAmong(name, not_forwarded)) absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  for (const auto& [name, value] : framing) absl::StrAppend(&head, name, ": ", value, "\r\n");
  head += "\r\n";
  return head;
}

std::string FormatErrorAnswer(int status, absl::string_view message, bool with_body) {
  const std::string body = absl::StrCat(message, "\n");
  Headers headers{{"Content-Type", "text/plain; charset=utf-8"},
                  {"X-Content-Type-Options", "nosniff"},
                  {"Cache-Control", "no-store"}};
  if (status == 405) headers.Add("Allow", "GET, HEAD, OPTIONS");
  std::string answer = FormatHead(
      status, headers, {{"Content-Length", absl::StrCat(body.size())}, {"Connection", "close"}});
  if (with_body) answer += body;
  return answer;
}

}  // namespace shoal::proxy
