#include "client/proxy/cors.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace shoal::proxy {
namespace {

constexpr absl::string_view kAllowOrigin = "Access-Control-Allow-Origin";

// Whether `value` is a list of header names, of a length that is worth repeating.
bool IsNameList(absl::string_view value) {
  constexpr std::size_t kLengthMax = 1024;
  if (value.size() > kLengthMax) return false;
  for (const absl::string_view name : absl::StrSplit(value, ',')) {
    if (!IsHeaderName(absl::StripAsciiWhitespace(name))) return false;
  }
  return true;
}

}  // namespace

void SetCorsHeaders(Headers* headers) {
  std::vector<std::string> theirs;
  for (const auto& field : *headers) {
    if (absl::StartsWithIgnoreCase(field.first, "Access-Control-")) theirs.push_back(field.first);
  }
  for (const std::string& name : theirs) headers->Remove(name);
  headers->Set(kAllowOrigin, "*");
  headers->Set("Access-Control-Expose-Headers",
               "Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag, Last-Modified");
  headers->Set("Timing-Allow-Origin", "*");
}

Headers OptionsHeaders(const Request& request) {
  Headers headers{{"Allow", "GET, HEAD, OPTIONS"},
                  {std::string(kAllowOrigin), "*"},
                  {"Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
                  {"Access-Control-Max-Age", "600"}};
  const auto asked = request.FindHeader("Access-Control-Request-Headers");
  // "*" would not cover Authorization, so the names are repeated.
  headers.Set("Access-Control-Allow-Headers", asked && IsNameList(*asked) ? *asked : "*");
  if (request.FindHeader("Access-Control-Request-Private-Network") == "true") {
    headers.Set("Access-Control-Allow-Private-Network", "true");
  }
  return headers;
}

}  // namespace shoal::proxy
