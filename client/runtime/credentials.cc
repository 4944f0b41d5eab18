#include "client/runtime/credentials.h"

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace shoal::runtime {
namespace {

absl::string_view NameOf(absl::string_view parameter) {
  return parameter.substr(0, parameter.find('='));
}

bool IsDeliveryDirective(absl::string_view parameter) {
  return absl::StartsWith(parameter, "_HLS_");
}

std::string ValueOf(const proxy::Request& request, absl::string_view name) {
  return std::string(request.FindHeader(name).value_or(""));
}

}  // namespace

void Credentials::Learn(const proxy::Request& request) {
  cookie_ = ValueOf(request, "Cookie");
  authorization_ = ValueOf(request, "Authorization");
  user_agent_ = ValueOf(request, "User-Agent");
  referer_ = ValueOf(request, "Referer");
}

cdn::Headers Credentials::HeadersFor(bool to_origin) const {
  cdn::Headers headers;
  const auto add = [&headers](absl::string_view name, const std::string& value) {
    if (!value.empty()) headers.emplace_back(std::string(name), value);
  };
  if (to_origin) {
    add("Cookie", cookie_);
    add("Authorization", authorization_);
  }
  add("User-Agent", user_agent_);
  add("Referer", referer_);
  return headers;
}

std::string StripOwnParameters(absl::string_view query) {
  if (query.empty()) return {};
  std::vector<absl::string_view> kept;
  for (absl::string_view parameter : absl::StrSplit(query, '&')) {
    if (NameOf(parameter) == "CMCD" || IsDeliveryDirective(parameter)) continue;
    kept.push_back(parameter);
  }
  return absl::StrJoin(kept, "&");
}

bool HasDeliveryDirectives(absl::string_view query) {
  for (absl::string_view parameter : absl::StrSplit(query, '&')) {
    if (IsDeliveryDirective(parameter)) return true;
  }
  return false;
}

hls::Url WithPlayerQuery(const hls::Url& listed, const std::string& player_query) {
  if (player_query.empty() || listed.query().has_value()) return listed;
  const absl::StatusOr<hls::Url> url =
      hls::Url::Parse(absl::StrCat(listed.ToString(), "?", player_query));
  return url.ok() ? *url : listed;
}

}  // namespace shoal::runtime
