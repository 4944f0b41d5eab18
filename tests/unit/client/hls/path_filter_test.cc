#include "client/hls/path_filter.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal::hls {
namespace {

std::string Filtered(absl::string_view expression, absl::string_view path) {
  const absl::StatusOr<PathFilter> filter = PathFilter::Compile(expression);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return filter.ok() ? filter->Apply(path) : "";
}

TEST(PathFilterTest, RemovesNothingByDefault) { EXPECT_EQ(PathFilter().Apply("/a/b"), "/a/b"); }

TEST(PathFilterTest, RemovesNothingForAnEmptyExpression) {
  EXPECT_EQ(Filtered("", "/a/b"), "/a/b");
}

TEST(PathFilterTest, RemovesEveryMatch) {
  EXPECT_EQ(Filtered("/token-[0-9a-f]+", "/token-1f/a/token-2e/7.ts"), "/a/7.ts");
}

TEST(PathFilterTest, KnowsGroupsAlternativesCountsAndAnchors) {
  EXPECT_EQ(Filtered("^/(s|session)/[^/]{4}", "/session/wxyz/s/wxyz/7.ts"), "/s/wxyz/7.ts");
}

TEST(PathFilterTest, TakesTheLeftmostLongestRun) { EXPECT_EQ(Filtered("a+", "/aaab"), "/b"); }

TEST(PathFilterTest, TakesTheLongestAlternative) { EXPECT_EQ(Filtered("a|ab", "/abc"), "/c"); }

TEST(PathFilterTest, TakesAsLittleAsALazyRepeatAllows) {
  EXPECT_EQ(Filtered("a.*?b", "/a1b2b"), "/2b");
}

TEST(PathFilterTest, RefusesWhatIsNoExpression) {
  for (const char* expression : {"(", "[a", "*", "a{2,1}"}) {
    EXPECT_FALSE(PathFilter::Compile(expression).ok()) << expression;
  }
}

TEST(PathFilterTest, RefusesBackReferences) { EXPECT_FALSE(PathFilter::Compile(R"((a)\1)").ok()); }

TEST(PathFilterTest, RefusesTooLongAnExpression) {
  EXPECT_FALSE(PathFilter::Compile(std::string(kIgnorePathBytesMax + 1, 'a')).ok());
}

// A backtracking matcher would need some 2^2000 steps here.
TEST(PathFilterTest, FinishesOnAPathMadeToExhaustBacktracking) {
  const std::string path = "/" + std::string(kFilteredPathBytesMax - 1, 'a');
  EXPECT_EQ(Filtered("(a|aa)+$|(a+)+b", path), "/");
  EXPECT_EQ(Filtered("(a+)+b", path), path);
}

TEST(PathFilterTest, LeavesPathsThatAreTooLong) {
  const std::string path(kFilteredPathBytesMax + 1, 'a');
  EXPECT_EQ(Filtered("a", path), path);
}

}  // namespace
}  // namespace shoal::hls
