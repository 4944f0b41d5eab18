#include "tests/sim/report/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/sim/report/sample_result.h"

namespace shoal::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// The line that begins with `label`; empty if there is none.
std::string LineOf(const std::string& text, const std::string& label) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(label, 0) == 0) return line;
  }
  return "";
}

TEST(SummaryTest, ShowsTheFiguresOfOneRun) {
  const Result result = SampleResult();
  const std::string text = Summary({&result, 1});
  EXPECT_THAT(text, StartsWith("mixed, 200 viewers, seed 7, 20 s simulated\n"));
  EXPECT_THAT(LineOf(text, "share of the bytes"), MatchesRegex(".* 1\\.54 %"));
  EXPECT_THAT(LineOf(text, "  the least possible"), MatchesRegex(".* 0\\.50 %"));
  EXPECT_THAT(LineOf(text, "  times the least"), MatchesRegex(".* 3\\.08"));
  EXPECT_THAT(LineOf(text, "  deadline"), MatchesRegex(".* 5"));
  EXPECT_THAT(LineOf(text, "invariants violated"), MatchesRegex(".* 0"));
  EXPECT_THAT(text, AllOf(HasSubstr("250000 a second"), HasSubstr("50 MB"),
                          HasSubstr("00000000000000ab"), Not(HasSubstr("PARTIAL"))));
}

TEST(SummaryTest, ShowsMedianAndWorstOfSeveral) {
  std::vector<Result> results = {SampleResult(1), SampleResult(2), SampleResult(3)};
  results[1].cdn_share = 0.04;
  const std::string text = Summary(results);
  EXPECT_THAT(text, StartsWith("mixed, 200 viewers, seeds 1 to 3"));
  EXPECT_THAT(LineOf(text, "share of the bytes"), MatchesRegex(".* 1\\.54 % +4\\.00 %"));
  EXPECT_THAT(LineOf(text, "  times the least"), MatchesRegex(".* 3\\.08 +8\\.00"));
  EXPECT_THAT(LineOf(text, "  start"), MatchesRegex(".* 1200"));
}

TEST(SummaryTest, SaysThatItIsPartial) {
  Result result = SampleResult();
  result.partial = true;
  EXPECT_THAT(Summary({&result, 1}), HasSubstr("PARTIAL"));
}

TEST(SummaryTest, ViolationsComeWithTheCommandThatShowsThem) {
  Result result = SampleResult();
  EXPECT_EQ(ViolationsReport(result, "sim --seed 7"), "");
  result.violations = {"at 3.2 s: bytes lost"};
  result.violation_count = 40;
  EXPECT_THAT(
      ViolationsReport(result, "sim --seed 7"),
      AllOf(HasSubstr("40 violations"), HasSubstr("bytes lost\n"), HasSubstr("  sim --seed 7\n")));
}

}  // namespace
}  // namespace shoal::sim
