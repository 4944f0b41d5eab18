#include "tests/sim/report/figures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "absl/strings/string_view.h"

namespace shoal::sim {
namespace {

const Figure& FigureOf(absl::string_view key) {
  return *std::find_if(Figures().begin(), Figures().end(),
                       [key](const Figure& figure) { return key == figure.key; });
}

std::vector<Result> WithShares(std::vector<double> shares) {
  std::vector<Result> results;
  for (const double share : shares) {
    results.emplace_back();
    results.back().cdn_share = share;
    results.back().upload_fairness = share;
  }
  return results;
}

TEST(FiguresTest, TheMedianIsTheOneInTheMiddle) {
  EXPECT_EQ(Median({5, 1, 3}), 3);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(Median({7}), 7);
  EXPECT_EQ(Median({}), 0);
}

TEST(FiguresTest, MediansAndWorstsAreOverResults) {
  const std::vector<Result> results = WithShares({0.3, 0.1, 0.2});
  EXPECT_EQ(MedianOf(FigureOf("cdn_share"), results), 0.2);
  EXPECT_EQ(WorstOf(FigureOf("cdn_share"), results), 0.3);
}

TEST(FiguresTest, LessFairnessIsWorse) {
  EXPECT_EQ(WorstOf(FigureOf("upload_fairness"), WithShares({0.3, 0.1, 0.2})), 0.1);
}

TEST(FiguresTest, WorstMayBeBelowZero) {
  EXPECT_EQ(WorstOf(FigureOf("cdn_share"), WithShares({-0.3, -0.1, -0.2})), -0.1);
}

TEST(FiguresTest, AreWrittenWithTheirUnits) {
  EXPECT_EQ(FormatFigure(FigureUnit::kShare, 0.01544), "1.54 %");
  EXPECT_EQ(FormatFigure(FigureUnit::kSeconds, 0.2), "0.200 s");
  EXPECT_EQ(FormatFigure(FigureUnit::kRatio, 1.18), "1.180");
}

TEST(FiguresTest, TimesTheFloorNeedsAFloor) {
  Result result;
  result.cdn_share = 0.03;
  EXPECT_EQ(TimesTheFloor(result), 0);
  result.floor = 0.02;
  EXPECT_DOUBLE_EQ(TimesTheFloor(result), 1.5);
}

}  // namespace
}  // namespace shoal::sim
