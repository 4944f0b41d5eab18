#include "client/runtime/http_headers.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/proxy/cors.h"

namespace shoal::runtime {
namespace {

constexpr absl::string_view kHopByHop[] = {"Connection",
                                           "Keep-Alive",
                                           "Proxy-Authenticate",
                                           "Proxy-Authorization",
                                           "Proxy-Connection",
                                           "TE",
                                           "Trailer",
                                           "Transfer-Encoding",
                                           "Upgrade"};

bool EqualsAny(absl::string_view name, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [name](const std::string& other) {
    return absl::EqualsIgnoreCase(name, other);
  });
}

// The names that Connection fields add to the hop-by-hop ones.
template <class Fields>
std::vector<std::string> NamedByConnection(const Fields& fields) {
  std::vector<std::string> names;
  for (const auto& [name, value] : fields) {
    if (!absl::EqualsIgnoreCase(name, "Connection")) continue;
    for (absl::string_view word : absl::StrSplit(value, ',')) {
      names.emplace_back(absl::StripAsciiWhitespace(word));
    }
  }
  return names;
}

}  // namespace

bool IsHopByHop(absl::string_view name) {
  return std::any_of(std::begin(kHopByHop), std::end(kHopByHop), [name](absl::string_view other) {
    return absl::EqualsIgnoreCase(name, other);
  });
}

cdn::Headers RequestHeadersUpstream(const proxy::Request& request, bool to_origin) {
  const std::vector<std::string> named = NamedByConnection(request.headers());
  cdn::Headers headers;
  for (const auto& [name, value] : request.headers()) {
    if (IsHopByHop(name) || EqualsAny(name, named)) continue;
    if (absl::EqualsIgnoreCase(name, "Host")) continue;
    if (!to_origin &&
        (absl::EqualsIgnoreCase(name, "Cookie") || absl::EqualsIgnoreCase(name, "Authorization"))) {
      continue;
    }
    headers.emplace_back(name, value);
  }
  return headers;
}

proxy::Headers AnswerHeadersForPlayer(const cdn::Headers& answer) {
  const std::vector<std::string> named = NamedByConnection(answer);
  proxy::Headers headers;
  for (const auto& [name, value] : answer) {
    if (IsHopByHop(name) || EqualsAny(name, named)) continue;
    if (absl::EqualsIgnoreCase(name, "Alt-Svc")) continue;
    // An origin may send what our own server would refuse to: the field is dropped, not the answer.
    if (!proxy::IsHeaderName(name) || !proxy::IsHeaderValue(value)) continue;
    headers.Add(name, absl::EqualsIgnoreCase(name, "Set-Cookie") ? CookieForPlayer(value) : value);
  }
  proxy::SetCorsHeaders(&headers);
  return headers;
}

std::string CookieForPlayer(absl::string_view set_cookie) {
  std::string cookie;
  bool is_attribute = false;  // the first part is name and value, whatever they are
  for (absl::string_view part : absl::StrSplit(set_cookie, ';')) {
    const std::pair<absl::string_view, absl::string_view> words =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    const absl::string_view name = absl::StripAsciiWhitespace(words.first);
    const absl::string_view value = absl::StripAsciiWhitespace(words.second);
    const bool dropped =
        absl::EqualsIgnoreCase(name, "Domain") || absl::EqualsIgnoreCase(name, "Secure") ||
        absl::EqualsIgnoreCase(name, "Partitioned") ||
        (absl::EqualsIgnoreCase(name, "SameSite") && absl::EqualsIgnoreCase(value, "None"));
    if (std::exchange(is_attribute, true) && dropped) continue;
    absl::StrAppend(&cookie, cookie.empty() ? "" : ";", part);
  }
  return cookie;
}

void RespondMediaError(proxy::Exchange& exchange, int status, absl::string_view message) {
  proxy::Headers headers{{"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-store"}};
  proxy::SetCorsHeaders(&headers);
  exchange.Respond(status, "text/plain; charset=utf-8", absl::StrCat(message, "\n"),
                   std::move(headers));
}

bool IsShareable(const cdn::Headers& answer) {
  for (const auto& [name, value] : answer) {
    if (absl::EqualsIgnoreCase(name, "Set-Cookie")) return false;
    if (!absl::EqualsIgnoreCase(name, "Cache-Control")) continue;
    for (absl::string_view directive : absl::StrSplit(value, ',')) {
      // private="field" restricts single fields only, but whoever writes it means it well.
      const std::pair<absl::string_view, absl::string_view> parts =
          absl::StrSplit(directive, absl::MaxSplits('=', 1));
      const absl::string_view word = absl::StripAsciiWhitespace(parts.first);
      if (absl::EqualsIgnoreCase(word, "private") || absl::EqualsIgnoreCase(word, "no-store")) {
        return false;
      }
    }
  }
  return true;
}

std::string StrongEtag(const cdn::Headers& answer) {
  const std::string* etag = cdn::FindHeader(answer, "ETag");
  if (etag == nullptr || etag->size() < 2 || etag->front() != '"') return {};
  return *etag;
}

}  // namespace shoal::runtime
