#include "tests/sim/config/scenario_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/atomic_file.h"

namespace shoal::sim {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string WriteScenario(const std::string& name, const std::string& contents) {
  const std::string path = ::testing::TempDir() + name + ".conf";
  EXPECT_TRUE(WriteFileAtomically(path, contents).ok());
  return path;
}

TEST(ScenarioFileTest, ReadsAScenario) {
  const std::string path = WriteScenario("some_name",
                                         "# Why.\n"
                                         "description = What it shows\n"
                                         "\n"
                                         "viewers = 50\n"
                                         "up = 40%:0,60%:2Mbit\n");
  const absl::StatusOr<Scenario> scenario = ReadScenario(path);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->name, "some_name");
  EXPECT_EQ(scenario->description, "What it shows");
  EXPECT_EQ(scenario->viewers, 50u);
  EXPECT_EQ(scenario->network.up.size(), 2u);
}

TEST(ScenarioFileTest, NamesFileLineAndKeyOfABadValue) {
  const std::string path = WriteScenario("bad_value", "viewers = 50\n\nup = 40%:0,60%:2Mb\n");
  EXPECT_THAT(std::string(ReadScenario(path).status().message()),
              AllOf(HasSubstr(path + ": line 3: up: "), HasSubstr("\"2Mb\"")));
}

TEST(ScenarioFileTest, NamesFileAndLineOfAnUnknownKey) {
  const std::string path = WriteScenario("bad_key", "veiwers = 50\n");
  EXPECT_THAT(std::string(ReadScenario(path).status().message()),
              HasSubstr(path + ": line 1: there is no option called veiwers"));
}

TEST(ScenarioFileTest, NamesTheFileWhoseValuesDisagree) {
  const std::string path = WriteScenario("disagree", "length = 60s\n");
  EXPECT_THAT(std::string(ReadScenario(path).status().message()),
              StartsWith(path + ": --measure-for: "));
}

TEST(ScenarioFileTest, FindsByName) {
  EXPECT_THAT(*FindScenario(SCENARIO_DIR, "mixed"), EndsWith("/mixed.conf"));
  EXPECT_EQ(*FindScenario(SCENARIO_DIR, "./mixed"), "./mixed");
}

TEST(ScenarioFileTest, TellsWhichNamesThereAre) {
  const auto missing = FindScenario(SCENARIO_DIR, "mixt");
  EXPECT_THAT(std::string(missing.status().message()),
              AllOf(HasSubstr("\"mixt\""), HasSubstr("mixed, "), Not(HasSubstr(".conf"))));
  EXPECT_THAT(std::string(FindScenario("/nowhere", "mixed").status().message()),
              HasSubstr("/nowhere"));
}

TEST(ScenarioFileTest, AllThatComeWithUsCanBeRead) {
  const auto files = ListScenarioFiles(SCENARIO_DIR);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_GE(files->size(), 16u);
  for (const std::string& file : *files) {
    const absl::StatusOr<Scenario> scenario = ReadScenario(file);
    ASSERT_TRUE(scenario.ok()) << scenario.status();
    EXPECT_FALSE(scenario->description.empty()) << file;
  }
}

}  // namespace
}  // namespace shoal::sim
