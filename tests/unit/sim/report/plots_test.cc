#include "tests/sim/report/plots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/unit/sim/report/sample_result.h"

namespace shoal::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> Cells(const std::string& table, std::size_t line) {
  const std::vector<std::string> lines = absl::StrSplit(table, '\n');
  return absl::StrSplit(lines.at(line), '\t');
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(PlotsTest, SharesAreOfTenSeconds) {
  const std::string table = SecondsTable(SampleResult());
  EXPECT_THAT(Cells(table, 0), SizeIs(9));
  // Seconds 1 to 10: 3,000 bytes of the CDN, 1,000 of others; players got 9,000.
  EXPECT_THAT(Cells(table, 10),
              ElementsAre("10", "100", "300", "100", "1000", "0.333333", "0.75", "0", "1.5"));
  // Seconds 11 to 20 alone.
  EXPECT_THAT(Cells(table, 20),
              ElementsAre("20", "200", "100", "900", "1000", "0.1", "0.1", "0", "1.5"));
}

TEST(PlotsTest, WhatCannotBeDividedIsNoNumber) {
  EXPECT_EQ(Cells(SecondsTable(SampleResult()), 1).at(5), "nan");
}

TEST(PlotsTest, UsesAreInOrder) {
  Result result = SampleResult();
  result.upload_use.push_back(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(UploadUseTable(result), "viewers_percent\tuse\n25\t0.1\n50\t0.4\n75\t0.5\n100\t0.9\n");
}

TEST(PlotsTest, DrawsAllChartsBesideTheirData) {
  if (!CheckGnuplot().ok()) GTEST_SKIP() << CheckGnuplot();
  const std::string folder = ::testing::TempDir() + "plots test/nested";
  std::filesystem::remove_all(folder);
  Result result = SampleResult();
  result.scenario = "it's";  // must not end a string of gnuplot's
  const absl::Status status = Plot(result, {10, 20}, folder);
  ASSERT_TRUE(status.ok()) << status;
  for (const std::string name : {"cdn_share", "sources", "stalls", "fairness"}) {
    EXPECT_EQ(Contents(folder + "/" + name + ".png").substr(0, 4), "\x89PNG") << name;
    EXPECT_THAT(Contents(folder + "/" + name + ".gp"), HasSubstr("it''s, 200 viewers, seed 7"));
  }
  EXPECT_EQ(Contents(folder + "/seconds.tsv"), SecondsTable(result));
}

TEST(PlotsTest, ARunThatEndedAtOnceHasNoCharts) {
  if (!CheckGnuplot().ok()) GTEST_SKIP() << CheckGnuplot();
  const std::string folder = ::testing::TempDir() + "no_plots";
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(Plot(Result(), {10, 20}, folder).ok());
  EXPECT_FALSE(std::filesystem::exists(folder + "/cdn_share.png"));
}

TEST(PlotsTest, AFolderThatCannotBeMadeIsAnError) {
  const absl::Status status = Plot(SampleResult(), {10, 20}, "/proc/none/here");
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/none/here"));
}

}  // namespace
}  // namespace shoal::sim
