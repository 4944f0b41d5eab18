#include "client/hls/numbers.h"

#include <chrono>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace shoal::hls {
namespace {

constexpr std::uint64_t kMicrosPerSecond = 1'000'000;

// Reads fixed-width fields from the left.
class Cursor {
 public:
  explicit Cursor(absl::string_view text) : rest_(text) {}

  bool Skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `count` digits; nullopt when they are not there.
  std::optional<int> Digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (char c : rest_.substr(0, count)) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  absl::string_view TakeDigits() {
    std::size_t size = 0;
    while (size < rest_.size() && absl::ascii_isdigit(static_cast<unsigned char>(rest_[size]))) {
      ++size;
    }
    const absl::string_view digits = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return digits;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

// "5" as in ".5" -> 500000: six digits count, the rest is cut. REQUIRES: digits only.
std::uint64_t FractionMicros(absl::string_view digits) {
  std::uint64_t micros = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    micros = micros * 10 + (i < digits.size() ? static_cast<std::uint64_t>(digits[i] - '0') : 0);
  }
  return micros;
}

// "Z", "+hh:mm", "-hhmm" or nothing, to its end, as what local time is ahead of UTC.
std::optional<Duration> ZoneOffset(Cursor& cursor) {
  if (cursor.at_end()) return Duration{};
  if (cursor.Skip('Z')) return cursor.at_end() ? std::optional(Duration{}) : std::nullopt;
  const bool west = cursor.Skip('-');
  if (!west && !cursor.Skip('+')) return std::nullopt;
  const std::optional<int> hours = cursor.Digits(2);
  cursor.Skip(':');
  const std::optional<int> minutes = cursor.at_end() ? 0 : cursor.Digits(2);
  if (!hours || !minutes || *minutes > 59 || !cursor.at_end()) return std::nullopt;
  const Duration offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return west ? -offset : offset;
}

}  // namespace

std::optional<std::uint64_t> ParseDecimalInteger(absl::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    const std::uint64_t digit = static_cast<std::uint64_t>(c - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<Duration> ParseDecimalSeconds(absl::string_view text) {
  Cursor cursor(text);
  const absl::string_view whole = cursor.TakeDigits();
  absl::string_view fraction;
  if (cursor.Skip('.')) fraction = cursor.TakeDigits();
  if (!cursor.at_end() || (whole.empty() && fraction.empty())) return std::nullopt;

  const std::optional<std::uint64_t> seconds =
      whole.empty() ? std::optional<std::uint64_t>(0) : ParseDecimalInteger(whole);
  constexpr std::uint64_t kSecondsMax =
      std::uint64_t{std::numeric_limits<std::int64_t>::max()} / kMicrosPerSecond - 1;
  if (!seconds || *seconds > kSecondsMax) return std::nullopt;
  return Microseconds(
      static_cast<std::int64_t>(*seconds * kMicrosPerSecond + FractionMicros(fraction)));
}

std::optional<Duration> ParseSignedSeconds(absl::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::optional<Duration> magnitude = ParseDecimalSeconds(text);
  if (!magnitude) return std::nullopt;
  return negative ? -*magnitude : *magnitude;
}

std::optional<std::string> ParseHexSequence(absl::string_view text) {
  if (text.size() < 4 || text.size() % 2 != 0 || text[0] != '0' ||
      (text[1] != 'x' && text[1] != 'X')) {
    return std::nullopt;
  }
  text.remove_prefix(2);
  for (char c : text) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  return absl::HexStringToBytes(text);
}

std::optional<Resolution> ParseResolution(absl::string_view text) {
  const std::size_t cross = text.find('x');
  if (cross == absl::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> width = ParseDecimalInteger(text.substr(0, cross));
  const std::optional<std::uint64_t> height = ParseDecimalInteger(text.substr(cross + 1));
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  if (!width || !height || *width > kMax || *height > kMax) return std::nullopt;
  return Resolution{static_cast<std::uint32_t>(*width), static_cast<std::uint32_t>(*height)};
}

std::optional<Duration> ParseDateTime(absl::string_view text) {
  Cursor cursor(text);
  const std::optional<int> year = cursor.Digits(4);
  if (!year || !cursor.Skip('-')) return std::nullopt;
  const std::optional<int> month = cursor.Digits(2);
  if (!month || !cursor.Skip('-')) return std::nullopt;
  const std::optional<int> day = cursor.Digits(2);
  if (!day || !cursor.Skip('T')) return std::nullopt;
  const std::optional<int> hour = cursor.Digits(2);
  if (!hour || !cursor.Skip(':')) return std::nullopt;
  const std::optional<int> minute = cursor.Digits(2);
  if (!minute || !cursor.Skip(':')) return std::nullopt;
  const std::optional<int> second = cursor.Digits(2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::uint64_t micros = 0;
  if (cursor.Skip('.')) {
    const absl::string_view fraction = cursor.TakeDigits();
    if (fraction.empty()) return std::nullopt;
    micros = FractionMicros(fraction);
  }
  const std::optional<Duration> zone = ZoneOffset(cursor);
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!zone || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         Microseconds(static_cast<std::int64_t>(micros)) - *zone;
}

}  // namespace shoal::hls
