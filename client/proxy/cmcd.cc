#include "client/proxy/cmcd.h"

#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace shoal::proxy {
namespace {

// Cuts the first element off `text`: up to the next comma that is not within quotes.
absl::string_view NextElement(absl::string_view* text) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text->size() && (quoted || (*text)[i] != ','); ++i) {
    if (quoted && (*text)[i] == '\\') {
      ++i;
    } else if ((*text)[i] == '"') {
      quoted = !quoted;
    }
  }
  const absl::string_view element = text->substr(0, i);
  text->remove_prefix(i < text->size() ? i + 1 : text->size());
  return absl::StripAsciiWhitespace(element);
}

std::optional<Duration> ParseMilliseconds(absl::string_view text) {
  std::int64_t milliseconds = 0;
  if (!absl::SimpleAtoi(text, &milliseconds) || milliseconds < 0 ||
      milliseconds > kCmcdDurationMax / Milliseconds(1)) {
    return std::nullopt;
  }
  return Milliseconds(milliseconds);
}

std::optional<double> ParseRate(absl::string_view text) {
  double rate = 0;
  // The comparison is false for NaN, too.
  if (!absl::SimpleAtod(text, &rate) || !(rate >= 0 && rate <= kCmcdPlaybackRateMax)) {
    return std::nullopt;
  }
  return rate;
}

// What `text` says replaces what `cmcd` holds.
void Merge(absl::string_view text, Cmcd* cmcd) {
  while (!text.empty()) {
    const absl::string_view element = NextElement(&text);
    const std::size_t equals = element.find('=');
    if (equals == absl::string_view::npos) continue;
    const absl::string_view key = element.substr(0, equals);
    const absl::string_view value = element.substr(equals + 1);
    if (key == "bl") {
      if (const auto length = ParseMilliseconds(value)) cmcd->buffer_length = length;
    } else if (key == "dl") {
      if (const auto deadline = ParseMilliseconds(value)) cmcd->deadline = deadline;
    } else if (key == "pr") {
      if (const auto rate = ParseRate(value)) cmcd->playback_rate = rate;
    }
  }
}

}  // namespace

Cmcd ParseCmcd(absl::string_view text) {
  Cmcd cmcd;
  Merge(text, &cmcd);
  return cmcd;
}

Cmcd CmcdOf(const Request& request) {
  Cmcd cmcd;
  if (const auto argument = request.QueryArgument("CMCD")) Merge(*argument, &cmcd);
  for (const absl::string_view name :
       {"CMCD-Object", "CMCD-Request", "CMCD-Status", "CMCD-Session"}) {
    if (const auto value = request.FindHeader(name)) Merge(*value, &cmcd);
  }
  return cmcd;
}

}  // namespace shoal::proxy
