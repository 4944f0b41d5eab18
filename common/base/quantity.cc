#include "common/base/quantity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace shoal {
namespace {

struct Unit {
  absl::string_view name;
  std::uint64_t size;  // in the smallest unit
};

constexpr std::array kBitRateUnits = {Unit{"Gbit", 1'000'000'000}, Unit{"Mbit", 1'000'000},
                                      Unit{"kbit", 1'000}, Unit{"bit", 1}};
constexpr std::array kByteUnits = {
    Unit{"GiB", 1 << 30}, Unit{"GB", 1'000'000'000}, Unit{"MiB", 1 << 20}, Unit{"MB", 1'000'000},
    Unit{"KiB", 1 << 10}, Unit{"kB", 1'000},         Unit{"B", 1}};
constexpr std::array kDurationUnits = {Unit{"h", 3'600'000'000}, Unit{"min", 60'000'000},
                                       Unit{"s", 1'000'000}, Unit{"ms", 1'000}, Unit{"us", 1}};

// What is larger is a slip of the finger; it also keeps doubles exact enough.
constexpr double kQuantityMax = 1e15;
constexpr std::size_t kTextMax = 40;

absl::Status Refuse(absl::string_view text, absl::string_view what, std::span<const Unit> units) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text.substr(0, kTextMax), "\" is not ", what, ": a number directly followed by ",
      absl::StrJoin(units.rbegin(), units.rend(), ", ",
                    [](std::string* out, const Unit& unit) { absl::StrAppend(out, unit.name); })));
}

// The number that `text` begins with, taken off it. Only digits with at most one point among them.
std::optional<double> TakeNumber(absl::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const absl::string_view digits = text.substr(0, end);
  double value = 0;
  // SimpleAtod refuses a second point but admits ".5" and "5.", which nobody writes on purpose.
  if (digits.empty() || digits.front() == '.' || digits.back() == '.' ||
      !absl::SimpleAtod(digits, &value)) {
    return std::nullopt;
  }
  text.remove_prefix(end);
  return value;
}

// `what` carries its article, for the message. `bare_unit`: what a number without a unit is in.
absl::StatusOr<double> Parse(absl::string_view text, absl::string_view what,
                             std::span<const Unit> units, absl::string_view bare_unit) {
  absl::string_view rest = text;
  const std::optional<double> number =
      text.size() <= kTextMax ? TakeNumber(rest) : std::optional<double>();
  if (!number) return Refuse(text, what, units);
  if (rest.empty()) {
    if (*number == 0) return 0.0;
    rest = bare_unit;
  }
  for (const Unit& unit : units) {
    if (!absl::EqualsIgnoreCase(rest, unit.name)) continue;
    const double value = *number * static_cast<double>(unit.size);
    if (value > kQuantityMax) {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is too large for ", what));
    }
    return value;
  }
  return Refuse(text, what, units);
}

std::string Format(std::uint64_t value, std::span<const Unit> units) {
  if (value == 0) return "0";
  std::string shortest;
  for (const Unit& unit : units) {
    if (value % unit.size != 0) continue;
    std::string text = absl::StrCat(value / unit.size, unit.name);
    if (shortest.empty() || text.size() < shortest.size()) shortest = std::move(text);
  }
  return shortest;
}

}  // namespace

absl::StatusOr<std::uint64_t> ParseBitRate(absl::string_view text) {
  const absl::string_view per_second = absl::StripSuffix(text, "/s");
  absl::StatusOr<double> bits = Parse(per_second, "a bit rate", kBitRateUnits, "");
  if (!bits.ok()) return bits.status();
  return static_cast<std::uint64_t>(*bits / 8);
}

absl::StatusOr<std::uint64_t> ParseByteSize(absl::string_view text) {
  absl::StatusOr<double> bytes = Parse(text, "a size", kByteUnits, "B");
  if (!bytes.ok()) return bytes.status();
  return static_cast<std::uint64_t>(*bytes);
}

absl::StatusOr<Duration> ParseDuration(absl::string_view text) {
  absl::StatusOr<double> microseconds = Parse(text, "a duration", kDurationUnits, "");
  if (!microseconds.ok()) return microseconds.status();
  return Microseconds(std::llround(*microseconds));
}

std::string FormatBitRate(std::uint64_t bytes_per_second) {
  return Format(bytes_per_second * 8, kBitRateUnits);
}

std::string FormatByteSize(std::uint64_t bytes) { return Format(bytes, kByteUnits); }

std::string FormatDuration(Duration duration) {
  return Format(static_cast<std::uint64_t>(duration.count()), kDurationUnits);
}

}  // namespace shoal
