#include "client/proxy/byte_range_header.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace shoal::proxy {
namespace {

// nullopt unless `text` is one digit or more; saturates.
std::optional<std::uint64_t> ParseNumber(absl::string_view text) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  if (text.empty() || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (kMax - digit) / 10) return kMax;
    number = number * 10 + digit;
  }
  return number;
}

}  // namespace

std::optional<ByteRange> RangeSpec::Resolve(std::uint64_t total) const {
  if (!first) {
    if (suffix.value_or(0) == 0) return std::nullopt;
    return ByteRange{total - std::min(total, *suffix), total};
  }
  if (*first >= total) return std::nullopt;
  // `last` is included, so it is compared before one is added.
  const std::uint64_t end = last && *last < total - 1 ? *last + 1 : total;
  return ByteRange{*first, end};
}

std::optional<RangeSpec> ParseRangeHeader(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  constexpr absl::string_view kUnit = "bytes=";
  if (!absl::StartsWithIgnoreCase(value, kUnit)) return std::nullopt;
  value = absl::StripAsciiWhitespace(value.substr(kUnit.size()));

  const std::size_t dash = value.find('-');
  if (dash == absl::string_view::npos) return std::nullopt;
  const absl::string_view before = value.substr(0, dash);
  const absl::string_view after = value.substr(dash + 1);
  RangeSpec spec;
  if (before.empty()) {
    spec.suffix = ParseNumber(after);
    return spec.suffix ? std::optional(spec) : std::nullopt;
  }
  spec.first = ParseNumber(before);
  if (!spec.first) return std::nullopt;
  if (!after.empty()) {
    spec.last = ParseNumber(after);  // several ranges fail here, on the comma
    if (!spec.last || *spec.last < *spec.first) return std::nullopt;
  }
  return spec;
}

RangeResult ParseRange(absl::string_view value, std::uint64_t total) {
  const auto spec = ParseRangeHeader(value);
  if (!spec) return {RangeAnswer::kWhole, {0, total}};
  const auto range = spec->Resolve(total);
  if (!range) return {RangeAnswer::kUnsatisfiable, {}};
  // The last bytes of nothing exist, but no Content-Range can say so.
  if (range->empty()) return {RangeAnswer::kWhole, {0, total}};
  return {RangeAnswer::kPartial, *range};
}

std::optional<RangeSpec> RequestedRange(const Request& request, absl::string_view validator) {
  if (request.method() != Method::kGet || request.headers().Count("Range") != 1) {
    return std::nullopt;
  }
  if (const auto if_range = request.FindHeader("If-Range")) {
    // A weak validator does not promise equal bytes (RFC 9110, 13.1.5).
    if (validator.empty() || absl::StartsWith(validator, "W/") || *if_range != validator) {
      return std::nullopt;
    }
  }
  return ParseRangeHeader(*request.FindHeader("Range"));
}

std::string ContentRange(const ByteRange& range, std::uint64_t total) {
  return absl::StrCat("bytes ", range.begin, "-", range.end - 1, "/", total);
}

std::string ContentRangeUnsatisfiable(std::uint64_t total) {
  return absl::StrCat("bytes */", total);
}

}  // namespace shoal::proxy
