#include "client/runtime/freshness.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace shoal::runtime {
namespace {

// Of what this proxy either always asks for alike or answers itself.
constexpr absl::string_view kVariesHarmlessly[] = {
    "Accept-Encoding", "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"};

// delta-seconds (RFC 9111, section 1.2.2), with or without quotes.
std::optional<Duration> ParseSeconds(absl::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  std::uint64_t seconds = 0;
  // Digits only, and yet no number: more than fits.
  if (!absl::SimpleAtoi(text, &seconds)) return kFreshMax;
  return Seconds(std::min(static_cast<double>(seconds), ToSeconds(kFreshMax)));
}

std::optional<absl::Time> ParseDate(const cdn::Headers& answer, absl::string_view name) {
  const std::string* text = cdn::FindHeader(answer, name);
  absl::Time time;
  std::string ignored;
  if (text == nullptr || !absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", *text, &time, &ignored)) {
    return std::nullopt;
  }
  return time;
}

struct Told {
  bool no_cache = false;
  std::optional<Duration> max_age;
  std::optional<Duration> shared_max_age;
};

// A directive that is there but cannot be read counts as zero: whoever wrote it meant to limit.
Told ReadCacheControl(const cdn::Headers& answer) {
  Told told;
  for (const auto& [name, value] : answer) {
    if (!absl::EqualsIgnoreCase(name, "Cache-Control")) continue;
    for (absl::string_view directive : absl::StrSplit(value, ',')) {
      const std::pair<absl::string_view, absl::string_view> parts =
          absl::StrSplit(directive, absl::MaxSplits('=', 1));
      const absl::string_view word = absl::StripAsciiWhitespace(parts.first);
      const absl::string_view argument = absl::StripAsciiWhitespace(parts.second);
      if (absl::EqualsIgnoreCase(word, "no-cache")) told.no_cache = true;
      if (absl::EqualsIgnoreCase(word, "max-age")) {
        told.max_age = ParseSeconds(argument).value_or(Duration::zero());
      }
      if (absl::EqualsIgnoreCase(word, "s-maxage")) {
        told.shared_max_age = ParseSeconds(argument).value_or(Duration::zero());
      }
    }
  }
  return told;
}

}  // namespace

Duration AgeOf(const cdn::Headers& answer) {
  const std::string* age = cdn::FindHeader(answer, "Age");
  return age != nullptr ? ParseSeconds(*age).value_or(Duration::zero()) : Duration::zero();
}

Duration FreshFor(const cdn::Headers& answer, Duration unless_told) {
  const Told told = ReadCacheControl(answer);
  if (told.no_cache) return Duration::zero();
  std::optional<Duration> lifetime = told.shared_max_age ? told.shared_max_age : told.max_age;
  if (!lifetime && cdn::FindHeader(answer, "Expires") != nullptr) {
    lifetime = Duration::zero();
    const std::optional<absl::Time> date = ParseDate(answer, "Date");
    const std::optional<absl::Time> expires = ParseDate(answer, "Expires");
    if (date && expires) {
      const double seconds = absl::ToDoubleSeconds(*expires - *date);
      lifetime = Seconds(std::clamp(seconds, 0.0, ToSeconds(kFreshMax)));
    }
  }
  if (!lifetime) return unless_told;
  return std::max(Duration::zero(), *lifetime - AgeOf(answer));
}

bool VariesByRequest(const cdn::Headers& answer) {
  for (const auto& [name, value] : answer) {
    if (!absl::EqualsIgnoreCase(name, "Vary")) continue;
    for (absl::string_view word : absl::StrSplit(value, ',')) {
      word = absl::StripAsciiWhitespace(word);
      const bool harmless = std::any_of(
          std::begin(kVariesHarmlessly), std::end(kVariesHarmlessly),
          [word](absl::string_view other) { return absl::EqualsIgnoreCase(word, other); });
      if (!word.empty() && !harmless) return true;
    }
  }
  return false;
}

}  // namespace shoal::runtime
