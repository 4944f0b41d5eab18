#include "client/cdn/content_range.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace shoal::cdn {
namespace {

using Problem = ContentRangeProblem;

// Digits only: SimpleAtoi alone would take signs and white space, too.
Problem ParseNumber(absl::string_view text, std::uint64_t* number) {
  if (text.empty()) return Problem::kSyntax;
  for (const char c : text) {
    if (c < '0' || c > '9') return Problem::kSyntax;
  }
  return absl::SimpleAtoi(text, number) ? Problem::kNone : Problem::kNumber;
}

Problem ParseRange(absl::string_view text, ByteRange* range) {
  const std::size_t dash = text.find('-');
  if (dash == absl::string_view::npos) return Problem::kSyntax;
  std::uint64_t last = 0;
  Problem problem = ParseNumber(text.substr(0, dash), &range->begin);
  if (problem == Problem::kNone) problem = ParseNumber(text.substr(dash + 1), &last);
  if (problem != Problem::kNone) return problem;
  if (last < range->begin) return Problem::kBackwards;
  if (last == UINT64_MAX) return Problem::kNumber;
  range->end = last + 1;
  return Problem::kNone;
}

Problem Parse(absl::string_view value, ContentRange* result) {
  const std::size_t space = value.find(' ');
  if (space == absl::string_view::npos) return Problem::kSyntax;
  if (!absl::EqualsIgnoreCase(value.substr(0, space), "bytes")) return Problem::kUnit;
  const absl::string_view rest = value.substr(space + 1);
  const std::size_t slash = rest.find('/');
  if (slash == absl::string_view::npos) return Problem::kSyntax;
  const absl::string_view range = rest.substr(0, slash);
  const absl::string_view total = rest.substr(slash + 1);
  if (range == "*" && total == "*") return Problem::kSyntax;
  if (range != "*") {
    const Problem problem = ParseRange(range, &result->range.emplace());
    if (problem != Problem::kNone) return problem;
  }
  if (total != "*") {
    const Problem problem = ParseNumber(total, &result->total.emplace());
    if (problem != Problem::kNone) return problem;
    if (result->range.has_value() && result->range->end > *result->total) {
      return Problem::kBeyondTotal;
    }
  }
  return Problem::kNone;
}

}  // namespace

std::optional<ContentRange> ParseContentRange(absl::string_view value,
                                              ContentRangeProblem* problem) {
  ContentRange result;
  const Problem found = Parse(value, &result);
  if (problem != nullptr) *problem = found;
  if (found != Problem::kNone) return std::nullopt;
  return result;
}

}  // namespace shoal::cdn
