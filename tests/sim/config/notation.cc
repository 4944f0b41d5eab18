#include "tests/sim/config/notation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/quantity.h"

namespace shoal::sim {
namespace {

// What shares may fall short of the whole, or exceed it: three thirds written as 33.33%.
constexpr double kShareSlack = 1.01e-4;

absl::Status Refuse(absl::string_view text, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text.substr(0, 80), "\" is not ", wanted));
}

// The two halves of "a@b". Error if there is no such mark.
absl::StatusOr<std::pair<absl::string_view, absl::string_view>> Halves(absl::string_view text,
                                                                       char mark,
                                                                       absl::string_view wanted) {
  const std::size_t at = text.find(mark);
  if (at == absl::string_view::npos) return Refuse(text, wanted);
  return std::make_pair(absl::StripAsciiWhitespace(text.substr(0, at)),
                        absl::StripAsciiWhitespace(text.substr(at + 1)));
}

// "1min+30s".
absl::StatusOr<Outage> ParseOutage(absl::string_view text) {
  const auto halves = Halves(text, '+', "of the form BEGIN+LENGTH, such as 1min+30s");
  if (!halves.ok()) return halves.status();
  const absl::StatusOr<Duration> begin = ParseDuration(halves->first);
  if (!begin.ok()) return begin.status();
  const absl::StatusOr<Duration> length = ParseDuration(halves->second);
  if (!length.ok()) return length.status();
  return Outage{TimePoint(*begin), *length};
}

// "30%@1min+20s".
absl::StatusOr<WhoWhen> ParseWhoWhen(absl::string_view text) {
  const auto halves = Halves(text, '@', "of the form WHO@BEGIN+LENGTH, such as 30%@1min+20s");
  if (!halves.ok()) return halves.status();
  const absl::StatusOr<Who> who = ParseWho(halves->first);
  if (!who.ok()) return who.status();
  const absl::StatusOr<Outage> when = ParseOutage(halves->second);
  if (!when.ok()) return when.status();
  return WhoWhen{*who, *when};
}

absl::StatusOr<WhoseRate> ParseWhoseRate(absl::string_view text) {
  if (text.find(':') == absl::string_view::npos) {
    const absl::StatusOr<double> rate = ParseRate(text);
    if (!rate.ok()) return rate.status();
    return WhoseRate{Who{1.0, std::nullopt}, *rate};
  }
  const auto halves = Halves(text, ':', "");
  const absl::StatusOr<Who> who = ParseWho(halves->first);
  if (!who.ok()) return who.status();
  const absl::StatusOr<double> rate = ParseRate(halves->second);
  if (!rate.ok()) return rate.status();
  return WhoseRate{*who, *rate};
}

template <class T>
absl::StatusOr<std::vector<T>> ParseList(absl::string_view text,
                                         absl::StatusOr<T> (*parse)(absl::string_view)) {
  std::vector<T> list;
  if (text.empty()) return list;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    absl::StatusOr<T> value = parse(absl::StripAsciiWhitespace(part));
    if (!value.ok()) return value.status();
    list.push_back(*std::move(value));
  }
  return list;
}

}  // namespace

absl::StatusOr<double> ParseShare(absl::string_view text) {
  double percent = 0;
  absl::string_view number = text;
  const bool has_unit = absl::ConsumeSuffix(&number, "%");
  // Digits and a point only: SimpleAtod takes "nan", "inf" and "1e2" as well.
  if (number.empty() || number.find_first_not_of("0123456789.") != absl::string_view::npos ||
      !absl::SimpleAtod(number, &percent) || (!has_unit && percent != 0)) {
    return Refuse(text, "a share, such as 40% or 0");
  }
  if (percent > 100) return Refuse(text, "a share: it is over 100%");
  return percent / 100;
}

absl::StatusOr<double> ParseRate(absl::string_view text) {
  const absl::StatusOr<std::uint64_t> rate = ParseBitRate(text);
  if (!rate.ok()) return rate.status();
  return static_cast<double>(*rate);
}

absl::StatusOr<Who> ParseWho(absl::string_view text) {
  if (text == "rest") return Who{};
  if (text.find('%') != absl::string_view::npos) {
    const absl::StatusOr<double> share = ParseShare(text);
    if (!share.ok()) return share.status();
    return Who{*share, std::nullopt};
  }
  std::uint32_t count = 0;
  if (text.empty() || text.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(text, &count)) {
    return Refuse(text, "a part of the viewers: 40%, 12 or rest");
  }
  return Who{std::nullopt, count};
}

absl::StatusOr<std::vector<WhoseRate>> ParseRates(absl::string_view text) {
  if (text.empty()) return Refuse(text, "a rate, nor a list of WHO:RATE");
  return ParseList(text, &ParseWhoseRate);
}

absl::StatusOr<std::vector<WhoWhen>> ParseJoins(absl::string_view text) {
  if (text.empty()) return Refuse(text, "a list of WHO@BEGIN+SPAN");
  return ParseList(text, &ParseWhoWhen);
}

absl::StatusOr<std::vector<Outage>> ParseOutages(absl::string_view text) {
  return ParseList(text, &ParseOutage);
}

absl::StatusOr<std::vector<WhoWhen>> ParseCuts(absl::string_view text) {
  return ParseList(text, &ParseWhoWhen);
}

absl::StatusOr<std::optional<WhoWhen>> ParseDeaths(absl::string_view text) {
  if (text.empty()) return std::optional<WhoWhen>();
  const auto halves = Halves(text, '@', "of the form WHO@TIME, such as 10%@1min");
  if (!halves.ok()) return halves.status();
  const absl::StatusOr<Who> who = ParseWho(halves->first);
  if (!who.ok()) return who.status();
  const absl::StatusOr<Duration> when = ParseDuration(halves->second);
  if (!when.ok()) return when.status();
  return std::optional(WhoWhen{*who, Outage{TimePoint(*when), Duration{}}});
}

absl::StatusOr<std::vector<double>> SharesOf(const std::vector<Who>& parts, std::uint32_t viewers) {
  std::vector<double> shares;
  std::optional<std::size_t> rest;
  double sum = 0;
  for (const Who& part : parts) {
    if (!part.share && !part.count) {
      if (rest) return absl::InvalidArgumentError("rest stands twice");
      rest = shares.size();
    }
    shares.push_back(part.share ? *part.share : part.count.value_or(0) / (1.0 * viewers));
    sum += shares.back();
  }
  if (sum > 1 + kShareSlack || (!rest && sum < 1 - kShareSlack)) {
    return absl::InvalidArgumentError(absl::StrCat("the parts are ", FormatShare(sum), " of ",
                                                   viewers, " viewers, not all of them"));
  }
  if (rest) shares[*rest] = std::max(0.0, 1 - sum);
  return shares;
}

std::string FormatShare(double share) { return absl::StrCat(std::round(share * 1e6) / 1e4, "%"); }

std::string FormatRates(const std::vector<RateGroup>& groups) {
  if (groups.size() == 1) {
    return FormatBitRate(static_cast<std::uint64_t>(groups.front().bytes_per_second));
  }
  return absl::StrJoin(groups, ",", [](std::string* out, const RateGroup& group) {
    absl::StrAppend(out, FormatShare(group.share), ":",
                    FormatBitRate(static_cast<std::uint64_t>(group.bytes_per_second)));
  });
}

}  // namespace shoal::sim
