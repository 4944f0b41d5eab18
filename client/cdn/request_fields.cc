#include "client/cdn/request_fields.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace shoal::cdn {
namespace {

constexpr absl::string_view kConnectionsOwnFields[] = {
    "Connection", "Content-Length",      "Expect",           "Host", "HTTP2-Settings",
    "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE",   "Trailer",
    "Upgrade",    "Transfer-Encoding"};

constexpr absl::string_view kCredentials[] = {"Authorization", "Cookie"};

bool IsOneOf(absl::string_view name, const auto& names) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](absl::string_view n) { return absl::EqualsIgnoreCase(n, name); });
}

bool IsFieldName(absl::string_view name) {  // RFC 9110, section 5.6.2
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("!#$%&'*+-.^_`|~", c);
  });
}

bool IsFieldValue(absl::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t';
  });
}

// For curl, "Name:" means to send no such field, and "Name;" to send it empty.
std::string Line(absl::string_view name, absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  return value.empty() ? absl::StrCat(name, ";") : absl::StrCat(name, ": ", value);
}

}  // namespace

absl::StatusOr<HttpUrl> CheckRequest(const FetchRequest& request) {
  if (request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS") {
    return absl::InvalidArgumentError("the method is none of GET, HEAD and OPTIONS");
  }
  if (request.range.has_value() && request.range->empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the range [", request.range->begin, ",", request.range->end, ") is empty"));
  }
  for (const auto& [name, value] : request.headers) {
    if (!IsFieldName(name)) return absl::InvalidArgumentError("a header field has no good name");
    if (!IsFieldValue(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the value of header field ", name, " has control characters"));
    }
  }
  std::optional<HttpUrl> url = HttpUrl::Parse(request.url);
  if (!url) return absl::InvalidArgumentError("the URL is no http or https URL");
  return *std::move(url);
}

bool WantsUnpacking(const FetchRequest& request) {
  return request.accept_gzip && !request.range.has_value();
}

std::vector<std::string> HeaderLines(const FetchRequest& request, bool drop_credentials) {
  const bool ranged = request.range.has_value();
  std::vector<std::string> lines;
  for (const auto& [name, value] : request.headers) {
    if (IsOneOf(name, kConnectionsOwnFields)) continue;
    if (drop_credentials && IsOneOf(name, kCredentials)) continue;
    if (ranged && absl::EqualsIgnoreCase(name, "Range")) continue;
    if ((ranged || request.accept_gzip) && absl::EqualsIgnoreCase(name, "Accept-Encoding")) {
      continue;
    }
    lines.push_back(Line(name, value));
  }
  if (ranged) {
    const auto& [begin, end] = *request.range;
    lines.push_back(end == FetchRequest::kToEnd
                        ? absl::StrCat("Range: bytes=", begin, "-")
                        : absl::StrCat("Range: bytes=", begin, "-", end - 1));
    lines.push_back("Accept-Encoding: identity");  // a range of packed bytes is of no use
  }
  return lines;
}

}  // namespace shoal::cdn
