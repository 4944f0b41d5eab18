#include "tests/sim/reduced/model.h"

#include <gtest/gtest.h>

#include <vector>

namespace shoal::sim::reduced {
namespace {

Scenario Small(std::uint32_t viewers) {
  Scenario scenario;
  scenario.viewers = viewers;
  return scenario;
}

TEST(ReducedModel, BringsEverySegmentToEverybodyAtTheCostOfACopyOrTwo) {
  const Figures figures = ReducedModel(Small(50)).Run(5, 10);
  EXPECT_EQ(figures.incomplete, 0u);
  EXPECT_GE(figures.copies_per_piece, 1);
  EXPECT_LT(figures.copies_per_piece, 1.5);
  EXPECT_NEAR(figures.cdn_share, figures.copies_per_piece / 50, 1e-9);
  EXPECT_GE(figures.seeded_per_piece + figures.handed_off_per_piece, 1);
}

// The uplinks carry half, so the CDN must carry what is left of it.
TEST(ReducedModel, KnowsThatUplinksAreLimited) {
  Scenario scenario = Small(50);
  scenario.network.up = {{.share = 1, .bytes_per_second = 125e3}};
  const Figures figures = ReducedModel(scenario).Run(10, 10);
  EXPECT_EQ(figures.incomplete, 0u);
  EXPECT_GE(figures.cdn_share, 0.49);
  EXPECT_LT(figures.cdn_share, 0.75);
}

TEST(ReducedModel, TakesEverythingFromTheCdnIfNobodyUploads) {
  Scenario scenario = Small(30);
  scenario.network.up = {{.share = 1, .bytes_per_second = 0}};
  const Figures figures = ReducedModel(scenario).Run(5, 5);
  EXPECT_EQ(figures.incomplete, 0u);
  EXPECT_NEAR(figures.cdn_share, 1, 1e-9);
}

TEST(ReducedModel, IsTheSameWithTheSameSeedAndAnotherWithAnother) {
  const Figures one = ReducedModel(Small(80)).Run(3, 5);
  const Figures same = ReducedModel(Small(80)).Run(3, 5);
  EXPECT_EQ(one.events, same.events);
  EXPECT_EQ(one.copies_per_piece, same.copies_per_piece);
  Scenario other = Small(80);
  other.seed = 2;
  EXPECT_NE(ReducedModel(other).Run(3, 5).events, one.events);
}

TEST(ReducedModel, SaysWhatEachSegmentCost) {
  std::vector<std::uint64_t> numbers;
  std::uint64_t bytes = 0;
  std::uint64_t length = 0;
  const Figures figures =
      ReducedModel(Small(50)).Run(2, 3, [&](std::uint64_t number, const Segment& segment) {
        numbers.push_back(number);
        if (number < 2) return;
        bytes += segment.cdn_bytes;
        length += segment.length;
      });
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
  EXPECT_DOUBLE_EQ(figures.copies_per_piece,
                   static_cast<double>(bytes) / static_cast<double>(length));
}

TEST(ReducedModel, NamesWhatItDoesNotModel) {
  EXPECT_TRUE(ReducedModel::Check(Small(50)).ok());
  Scenario scenario = Small(50);
  scenario.churn.mean_stay = Seconds(60);
  EXPECT_EQ(ReducedModel::Check(scenario).message(), "viewers who leave");
  scenario = Small(50);
  scenario.stream.renditions = {{.bytes_per_second = 1e6}};
  EXPECT_EQ(ReducedModel::Check(scenario).message(), "segments of more than 16 pieces");
}

}  // namespace
}  // namespace shoal::sim::reduced
