// How the parts of a scenario are written that are more than a word, a number or a quantity.
//
//   who      "40%"     that share of all viewers
//            "12"      that many viewers
//            "rest"    whoever no other part of the list takes; once a list, at most
//   rates    "5Mbit"                          all viewers
//            "40%:0,30%:2Mbit,rest:10Mbit"    who : rate, and so on
//   joins    "100@0s+20s,rest@1min+30s"       who @ begin + span, and so on
//   outages  "1min+5min,10min+30s"            begin + length, and so on
//   cuts     "30%@1min+20s"                   who @ begin + length, and so on
//   deaths   "10%@1min"                       who @ time
//
// Rates and times are those of common/base/quantity.h. Errors quote what cannot be read, and say
// what could. Threads: any.
#ifndef SHOAL_TESTS_SIM_CONFIG_NOTATION_H_
#define SHOAL_TESTS_SIM_CONFIG_NOTATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/time/time.h"
#include "tests/sim/scenario.h"

namespace shoal::sim {

// Some of the viewers. At most one of the two is set; neither: the rest.
struct Who {
  std::optional<double> share;
  std::optional<std::uint32_t> count;
  bool operator==(const Who&) const = default;
};

// Who has a rate; bytes per second.
struct WhoseRate {
  Who who;
  double bytes_per_second = 0;
  bool operator==(const WhoseRate&) const = default;
};

// Who does something, or meets with it, from `begin` on.
struct WhoWhen {
  Who who;
  Outage when;
};

// A share alone, "40%" or "0", in [0, 1].
absl::StatusOr<double> ParseShare(absl::string_view text);
absl::StatusOr<double> ParseRate(absl::string_view text);
absl::StatusOr<Who> ParseWho(absl::string_view text);
absl::StatusOr<std::vector<WhoseRate>> ParseRates(absl::string_view text);
absl::StatusOr<std::vector<WhoWhen>> ParseJoins(absl::string_view text);
absl::StatusOr<std::vector<Outage>> ParseOutages(absl::string_view text);
absl::StatusOr<std::vector<WhoWhen>> ParseCuts(absl::string_view text);
absl::StatusOr<std::optional<WhoWhen>> ParseDeaths(absl::string_view text);

// The share of `viewers` that each part of a list takes, in order. Error unless they make up all of
// them, within a ten-thousandth.
absl::StatusOr<std::vector<double>> SharesOf(const std::vector<Who>& parts, std::uint32_t viewers);

std::string FormatShare(double share);
std::string FormatRates(const std::vector<RateGroup>& groups);

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_CONFIG_NOTATION_H_
