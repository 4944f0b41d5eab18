#include "tests/sim/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <sstream>
#include <string>
#include <vector>

#include "common/base/atomic_file.h"
#include "common/cli/program_options.h"

namespace shoal::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() { line_.scenario_folder = SCENARIO_DIR; }

  std::optional<int> Read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "shoal-sim");
    return ReadCommandLine(static_cast<int>(arguments.size()), arguments.data(), line_, out_, err_);
  }

  CommandLine line_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CommandLineTest, TheCommandLineBeatsTheScenario) {
  ASSERT_EQ(Read({"--scenario", "flash_crowd", "--viewers", "500", "--seed", "7"}), std::nullopt)
      << err_.str();
  EXPECT_EQ(line_.scenario.name, "flash_crowd");
  EXPECT_EQ(line_.scenario.viewers, 500u);
  EXPECT_EQ(line_.scenario.seed, 7u);
  EXPECT_EQ(line_.scenario.network.up.size(), 4u);
  ASSERT_EQ(line_.scenario.joins.size(), 2u);
  EXPECT_EQ(line_.scenario.joins.front().viewers, 50u);
}

TEST_F(CommandLineTest, AScenarioMayBeAPath) {
  const std::string path = ::testing::TempDir() + "own.conf";
  ASSERT_TRUE(WriteFileAtomically(path, "viewers = 3\n").ok());
  ASSERT_EQ(Read({"--scenario", path.c_str()}), std::nullopt) << err_.str();
  EXPECT_EQ(line_.scenario.name, "own");
  EXPECT_EQ(line_.scenario.viewers, 3u);
}

TEST_F(CommandLineTest, ScenariosMayBeElsewhere) {
  ASSERT_TRUE(WriteFileAtomically(::testing::TempDir() + "elsewhere.conf", "viewers = 4\n").ok());
  const std::string folder = ::testing::TempDir();
  ASSERT_EQ(Read({"--scenario-dir", folder.c_str(), "--scenario", "elsewhere"}), std::nullopt)
      << err_.str();
  EXPECT_EQ(line_.scenario.viewers, 4u);

  setenv("SHOAL_SCENARIO_DIR", folder.c_str(), 1);
  CommandLine other;
  const char* argv[] = {"shoal-sim", "--scenario", "elsewhere"};
  EXPECT_EQ(ReadCommandLine(3, argv, other, out_, err_), std::nullopt) << err_.str();
  unsetenv("SHOAL_SCENARIO_DIR");
  EXPECT_EQ(other.scenario.viewers, 4u);
}

TEST_F(CommandLineTest, NeedsAScenario) {
  EXPECT_EQ(Read({}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--scenario is required"));
}

TEST_F(CommandLineTest, NamesTheScenariosThereAre) {
  EXPECT_EQ(Read({"--scenario", "mixt"}), kExitUsage);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("--scenario: "), HasSubstr("mixed")));
}

TEST_F(CommandLineTest, NamesTheFileWhoseValuesDisagreeWithTheCommandLine) {
  EXPECT_EQ(Read({"--scenario", "mixed", "--length", "10s"}), kExitUsage);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("--measure-for: "), HasSubstr("mixed.conf")));
}

TEST_F(CommandLineTest, AScenarioCannotSayWhatIsWritten) {
  const std::string path = ::testing::TempDir() + "writing.conf";
  ASSERT_TRUE(WriteFileAtomically(path, "viewers = 3\njson = /etc/passwd\n").ok());
  EXPECT_EQ(Read({"--scenario", path.c_str()}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("line 2: there is no option called json"));
}

TEST_F(CommandLineTest, ListNeedsNoScenario) {
  EXPECT_EQ(Read({"--list"}), std::nullopt);
  EXPECT_TRUE(line_.list);
  const std::string table = ScenarioTable(SCENARIO_DIR);
  EXPECT_THAT(table, HasSubstr("steady               All with the same uplink"));
  EXPECT_THAT(table, Not(HasSubstr("cannot be read")));
}

TEST_F(CommandLineTest, HelpHasTheOptionsOfScenarios) {
  EXPECT_EQ(Read({"--help"}), kExitOk);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("What to run:\n"), HasSubstr("--scenario NAME\n"),
                                HasSubstr("--mean-stay TIME\n"), HasSubstr("--plot DIR\n")));
}

TEST(ReplayCommandTest, RepeatsAllButSeedsAndFiles) {
  const char* argv[] = {
      "build/shoal-sim", "--scenario", "mixed",         "--seeds",  "5",
      "--json=-",        "--plot",     "a folder",      "--up",     "40%:0,rest:2Mbit",
      "--seed",          "3",          "--description", "it's mine"};
  EXPECT_EQ(ReplayCommand(14, argv, 5),
            "build/shoal-sim --scenario mixed --up 40%:0,rest:2Mbit --description 'it'\\''s mine' "
            "--seed 5");
}

}  // namespace
}  // namespace shoal::sim
