#include "client/hls/path_filter.h"

#include <regex>

#include "absl/strings/str_cat.h"
#include "client/hls/parse_error.h"

namespace shoal::hls {

struct PathFilter::Expression {
  std::regex regex;
};

absl::StatusOr<PathFilter> PathFilter::Compile(absl::string_view expression) {
  PathFilter filter;
  if (expression.empty()) return filter;
  if (expression.size() > kIgnorePathBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("expression of ", expression.size(),
                                                   " bytes, more than ", kIgnorePathBytesMax));
  }
  // The standard library reports a bad expression in no other way than by an exception.
  try {
    filter.expression_ = std::make_shared<const Expression>(Expression{
        std::regex(expression.begin(), expression.end(),
                   std::regex_constants::ECMAScript | std::regex_constants::__polynomial)});
  } catch (const std::regex_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(Shown(expression), " is not a regular expression: ", error.what()));
  }
  return filter;
}

std::string PathFilter::Apply(absl::string_view path) const {
  std::string filtered(path);
  if (expression_ == nullptr || path.size() > kFilteredPathBytesMax) return filtered;
  return std::regex_replace(filtered, expression_->regex, "");
}

}  // namespace shoal::hls
