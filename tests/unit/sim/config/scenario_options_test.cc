#include "tests/sim/config/scenario_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace shoal::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A program that has a scenario's options and no others.
class ScenarioOptionsTest : public ::testing::Test {
 protected:
  ScenarioOptionsTest() : options_("sim", "Tests the options."), written_(options_, scenario_) {}

  // What is wrong with these arguments; empty: nothing.
  std::string Fault(std::vector<std::string> arguments) {
    std::vector<const char*> argv = {"sim"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::ostringstream out, err;
    if (options_.Parse(static_cast<int>(argv.size()), argv.data(), out, err)) return err.str();
    const absl::Status status = written_.Finish();
    return status.ok() ? "" : std::string(status.message());
  }

  Scenario scenario_;
  ProgramOptions options_;
  ScenarioOptions written_;
};

TEST_F(ScenarioOptionsTest, DefaultsAreTheScenariosOwn) {
  ASSERT_EQ(Fault({}), "");
  const Scenario untouched;
  EXPECT_EQ(scenario_.viewers, untouched.viewers);
  EXPECT_EQ(scenario_.length, untouched.length);
  EXPECT_EQ(scenario_.measure_from, untouched.measure_from);
  EXPECT_EQ(scenario_.measure_for, untouched.measure_for);
  EXPECT_EQ(scenario_.network.up.front().bytes_per_second, 625'000);
  EXPECT_EQ(scenario_.network.down_bytes_per_second, untouched.network.down_bytes_per_second);
  EXPECT_THAT(scenario_.network.down, IsEmpty());
  EXPECT_EQ(scenario_.stream.renditions.front().bytes_per_second, 250e3);
  EXPECT_EQ(scenario_.network.socket_buffer, untouched.network.socket_buffer);
  ASSERT_THAT(scenario_.joins, SizeIs(1));
  EXPECT_EQ(scenario_.joins.front().viewers, 200u);
  EXPECT_EQ(scenario_.joins.front().span, untouched.joins.front().span);
}

TEST_F(ScenarioOptionsTest, ReadsEveryKindOfValue) {
  ASSERT_EQ(
      Fault({"--viewers=50", "--seed=7", "--up=40%:0,rest:2Mbit", "--down=1:2.4Mbit,rest:8Mbit",
             "--renditions=60%:2Mbit,40%:1Mbit", "--segment-duration=4s", "--size-jitter=20%",
             "--cdn-rate=100Mbit", "--tracker-outage=1min+30s", "--partition=10@1min+5s",
             "--deaths=10%@1min", "--assignment=off", "--handoff=request", "--links=24",
             "--max-upload=1Mbit", "--abrupt-leavers=30%", "--mean-stay=5min"}),
      "");
  EXPECT_EQ(scenario_.viewers, 50u);
  EXPECT_EQ(scenario_.seed, 7u);
  EXPECT_DOUBLE_EQ(scenario_.network.up[1].share, 0.6);
  ASSERT_THAT(scenario_.network.down, SizeIs(2));
  EXPECT_DOUBLE_EQ(scenario_.network.down[0].share, 0.02);
  EXPECT_EQ(scenario_.network.down[0].bytes_per_second, 300e3);
  ASSERT_THAT(scenario_.stream.renditions, SizeIs(2));
  EXPECT_EQ(scenario_.stream.renditions[1].bytes_per_second, 125e3);
  EXPECT_EQ(scenario_.stream.segment_duration, Seconds(4));
  EXPECT_EQ(scenario_.stream.size_jitter, 0.2);
  EXPECT_EQ(scenario_.cdn.bytes_per_second, 12.5e6);
  EXPECT_EQ(scenario_.faults.tracker.front().length, Seconds(30));
  EXPECT_EQ(scenario_.faults.partitions.front().share, 0.2);
  EXPECT_EQ(scenario_.faults.killed, 5u);
  EXPECT_EQ(scenario_.faults.kill_at, TimePoint(Seconds(60)));
  EXPECT_EQ(scenario_.client.assignment, core::AssignmentKind::kOff);
  EXPECT_EQ(scenario_.client.handoff, core::HandoffMode::kRequest);
  EXPECT_EQ(scenario_.client.links, 24u);
  EXPECT_EQ(scenario_.client.max_upload_bytes_per_second, 125'000u);
  EXPECT_EQ(scenario_.churn.abrupt_share, 0.3);
  EXPECT_EQ(scenario_.churn.mean_stay, Seconds(300));
}

TEST_F(ScenarioOptionsTest, JoinsAddUpToAllViewers) {
  ASSERT_EQ(Fault({"--viewers=1001", "--joins=10%@0s+20s,33.33%@60s+1s,rest@70s+2s"}), "");
  ASSERT_THAT(scenario_.joins, SizeIs(3));
  EXPECT_EQ(scenario_.joins[0].viewers, 100u);
  EXPECT_EQ(scenario_.joins[1].viewers, 334u);
  EXPECT_EQ(scenario_.joins[2].viewers, 567u);
}

TEST_F(ScenarioOptionsTest, ThoseWhomNobodyIsLeftForDoNotJoin) {
  ASSERT_EQ(Fault({"--viewers=10", "--joins=10@0s+20s,rest@60s+1s"}), "");
  ASSERT_THAT(scenario_.joins, SizeIs(1));
  EXPECT_EQ(scenario_.joins[0].viewers, 10u);
}

struct BadOption {
  std::string argument;
  std::string fault;
};

class BadScenarioOptionTest : public ScenarioOptionsTest,
                              public ::testing::WithParamInterface<BadOption> {};

TEST_P(BadScenarioOptionTest, IsNamed) {
  const std::string fault = Fault({GetParam().argument});
  const std::string option = GetParam().argument.substr(0, GetParam().argument.find('='));
  EXPECT_THAT(fault, HasSubstr(option + ": "));
  EXPECT_THAT(fault, HasSubstr(GetParam().fault));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadScenarioOptionTest,
    ::testing::Values(BadOption{"--viewers=0", "0"}, BadOption{"--up=40%:0", "40% of 200 viewers"},
                      BadOption{"--up=fast", "\"fast\" is not a bit rate"},
                      BadOption{"--down=0", "rate of 0"}, BadOption{"--renditions=0", "rate of 0"},
                      BadOption{"--segment-duration=1ms", "at least 200ms"},
                      BadOption{"--size-jitter=2", "\"2\" is not a share"},
                      BadOption{"--joins=300@0s+1s", "150% of 200 viewers"},
                      BadOption{"--joins=all", "WHO@BEGIN+LENGTH"},
                      BadOption{"--measure-for=2min", "170s, after --length 2min"},
                      BadOption{"--measure-for=0", "more than 0"},
                      BadOption{"--latency-min=1s", "over --latency-max 40ms"},
                      BadOption{"--partition=30%", "WHO@BEGIN+LENGTH"},
                      BadOption{"--deaths=201@1s", "more than there are"},
                      BadOption{"--tracker-outage=1min", "BEGIN+LENGTH"},
                      BadOption{"--assignment=best", "\"best\" is none of"},
                      BadOption{"--handoff=never", "\"never\" is none of"},
                      BadOption{"--cache-bytes=big", "\"big\" is not a size"},
                      BadOption{"--links=0", "0"}),
    [](const auto& test) {
      std::string name;
      for (const char c : test.param.argument) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
      }
      return name;
    });

}  // namespace
}  // namespace shoal::sim
