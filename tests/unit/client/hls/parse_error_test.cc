#include "client/hls/parse_error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace shoal::hls {
namespace {

TEST(ParseErrorTest, CarriesItsReason) {
  EXPECT_EQ(ReasonOf(ParseError(ParseErrorReason::kBadHex, "x")), ParseErrorReason::kBadHex);
}

TEST(ParseErrorTest, KeepsItsReasonInContext) {
  const absl::Status status = InContext("line 7", ParseError(ParseErrorReason::kBadHex, "x"));
  EXPECT_EQ(ReasonOf(status), ParseErrorReason::kBadHex);
  EXPECT_EQ(status.message(), "line 7: x");
}

TEST(ParseErrorTest, HasNoReasonInOtherStatuses) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(ReasonOf(absl::InvalidArgumentError("x")), std::nullopt);
}

TEST(ParseErrorTest, NamesEachReasonDifferently) {
  std::set<std::string> names;
  const int count = static_cast<int>(ParseErrorReason::kTooManyKeys) + 1;
  for (int i = 0; i < count; ++i) {
    names.emplace(ParseErrorReasonName(static_cast<ParseErrorReason>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
}

TEST(ShownTest, EscapesWhatCannotBePrinted) { EXPECT_EQ(Shown("a\x01\n"), R"("a\001\n")"); }

TEST(ShownTest, CutsLongValues) { EXPECT_LT(Shown(std::string(10'000, 'x')).size(), 100u); }

}  // namespace
}  // namespace shoal::hls
