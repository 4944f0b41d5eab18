#include "client/cdn/content_range.h"

#include <string>

#include "gtest/gtest.h"

namespace shoal::cdn {
namespace {

using Problem = ContentRangeProblem;

Problem ProblemOf(const std::string& value) {
  Problem problem = Problem::kNone;
  const auto range = ParseContentRange(value, &problem);
  EXPECT_EQ(range.has_value(), problem == Problem::kNone) << value;
  return problem;
}

TEST(ContentRange, LastByteIsPartOfTheRange) {
  EXPECT_EQ(ParseContentRange("bytes 0-499/1234"),
            (ContentRange{.range = ByteRange{0, 500}, .total = 1234}));
  EXPECT_EQ(ParseContentRange("bytes 1233-1233/1234"),
            (ContentRange{.range = ByteRange{1233, 1234}, .total = 1234}));
}

TEST(ContentRange, TotalMayBeUnknown) {
  EXPECT_EQ(ParseContentRange("bytes 0-0/*"),
            (ContentRange{.range = ByteRange{0, 1}, .total = std::nullopt}));
}

TEST(ContentRange, UnsatisfiedRangeStillNamesTheTotal) {
  EXPECT_EQ(ParseContentRange("bytes */1234"),
            (ContentRange{.range = std::nullopt, .total = 1234}));
  EXPECT_EQ(ParseContentRange("bytes */0"), (ContentRange{.range = std::nullopt, .total = 0}));
}

TEST(ContentRange, UnitIsKnownInEitherCase) {
  EXPECT_TRUE(ParseContentRange("Bytes 0-1/2").has_value());
  EXPECT_EQ(ProblemOf("items 0-1/2"), Problem::kUnit);
}

TEST(ContentRange, AnythingButTheThreeFormsIsRefused) {
  for (const char* value : {"",
                            "bytes",
                            "bytes ",
                            "bytes 0-1",
                            "bytes 0-1/",
                            "bytes 0/2",
                            "bytes /2",
                            "bytes -1/2",
                            "bytes 0-/2",
                            "bytes */*",
                            "bytes  0-1/2",
                            "bytes 0-1/2 ",
                            "bytes 0 -1/2",
                            "bytes 0-1/ 2",
                            "bytes +0-1/2",
                            "bytes 0-1/-2",
                            "bytes 0x0-1/2",
                            "bytes 0-1/2/3",
                            "bytes 0-1-1/2",
                            "bytes=0-1/2",
                            "bytes 0-1,3-4/9",
                            "bytes **/2",
                            "0-1/2"}) {
    EXPECT_EQ(ProblemOf(value), Problem::kSyntax) << '"' << value << '"';
  }
}

TEST(ContentRange, NumbersMustFit) {
  EXPECT_EQ(ProblemOf("bytes 0-1/18446744073709551615"), Problem::kNone);
  EXPECT_EQ(ProblemOf("bytes 0-1/18446744073709551616"), Problem::kNumber);
  EXPECT_EQ(ProblemOf("bytes 0-18446744073709551614/*"), Problem::kNone);
  EXPECT_EQ(ProblemOf("bytes 0-18446744073709551615/*"), Problem::kNumber);
  EXPECT_EQ(ProblemOf("bytes 99999999999999999999999-1/2"), Problem::kNumber);
}

TEST(ContentRange, RangeLiesForwardAndWithinTheTotal) {
  EXPECT_EQ(ProblemOf("bytes 5-4/10"), Problem::kBackwards);
  EXPECT_EQ(ProblemOf("bytes 5-10/10"), Problem::kBeyondTotal);
  EXPECT_EQ(ProblemOf("bytes 0-0/0"), Problem::kBeyondTotal);
}

}  // namespace
}  // namespace shoal::cdn
