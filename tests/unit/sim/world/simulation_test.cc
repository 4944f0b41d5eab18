// Whole simulations: small, and judged by computed bounds.
#include "tests/sim/world/simulation.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "client/core/puller.h"
#include "tests/sim/world/world.h"

namespace shoal::sim {
namespace {

TimePoint At(double s) { return TimePoint(Seconds(s)); }

Scenario Small() {
  Scenario scenario;
  scenario.name = "small";
  scenario.viewers = 8;
  scenario.length = Seconds(60);
  scenario.joins = {{.viewers = 0, .begin = TimePoint{}, .span = Seconds(5)}};
  scenario.measure_from = At(25);
  scenario.measure_for = Seconds(30);
  return scenario;
}

Result Simulate(const Scenario& scenario) {
  Simulation simulation(scenario);
  simulation.RunUntil(simulation.end());
  return simulation.TakeResult();
}

std::string Violations(const Result& result) { return absl::StrJoin(result.violations, "\n"); }

TEST(Simulation, EightViewersShareASteadyStream) {
  const Result result = Simulate(Small());
  EXPECT_EQ(result.violation_count, 0u) << Violations(result);
  EXPECT_EQ(result.viewers, 8u);
  EXPECT_EQ(result.stalls, 0u);
  EXPECT_NEAR(result.floor, 1.0 / 8, 0.02) << "of 8, one must fetch each segment";
  EXPECT_GE(result.cdn_share, result.floor - 0.02);
  EXPECT_LE(result.cdn_share, 3 * result.floor);
  // Three segments of 2 s behind, a request and up to 2 s that the newest one was old.
  EXPECT_GT(result.latency_median_s, 6);
  EXPECT_LT(result.latency_median_s, 8.5);
  EXPECT_LT(result.startup_median_s, 0.5);
  // Each viewer plays 15 segments in the measured 30 s.
  double played = 0;
  for (const Second& second : result.seconds) {
    if (second.at > 25 && second.at <= 55) played += static_cast<double>(second.player_bytes);
  }
  EXPECT_NEAR(played, 8 * 15 * 500e3, 8 * 500e3);
  EXPECT_EQ(result.seconds.size(), 60u);
  EXPECT_GT(result.control_share, 0);
  EXPECT_LT(result.control_share, 0.1);
  EXPECT_LT(result.waste_share, 0.1);
}

TEST(Simulation, TakesEverythingFromTheCdnWithoutSwarming) {
  Scenario scenario = Small();
  scenario.client.assignment = core::AssignmentKind::kOff;
  const Result result = Simulate(scenario);
  EXPECT_EQ(result.violation_count, 0u) << Violations(result);
  EXPECT_NEAR(result.cdn_share, 1, 0.1);
  EXPECT_EQ(result.stalls, 0u);
  EXPECT_NEAR(result.cdn_requests_per_segment, 1, 0.05);
  EXPECT_EQ(result.control_share, 0);
}

TEST(Simulation, IsTheSameWithTheSameSeedHoweverItIsCutIntoSteps) {
  const Result whole = Simulate(Small());
  Simulation simulation(Small());
  for (double s = 0; s <= 60; s += 0.37) simulation.RunUntil(At(s));
  simulation.RunUntil(simulation.end());
  const Result steps = simulation.TakeResult();
  EXPECT_EQ(whole.trace, steps.trace);
  EXPECT_EQ(whole.events, steps.events);
  EXPECT_EQ(whole.cdn_share, steps.cdn_share);
}

TEST(Simulation, IsAnotherWithAnotherSeed) {
  Scenario other = Small();
  other.seed = 2;
  EXPECT_NE(Simulate(Small()).trace, Simulate(other).trace);
}

TEST(Simulation, KeepsPlayingWhenManyDieOrLeaveOrComeLate) {
  Scenario scenario = Small();
  scenario.viewers = 20;
  scenario.churn.mean_stay = Seconds(20);
  scenario.churn.abrupt_share = 0.5;
  scenario.faults.killed = 5;
  scenario.faults.kill_at = At(30);
  const Result result = Simulate(scenario);
  EXPECT_EQ(result.violation_count, 0u) << Violations(result);
  EXPECT_LE(result.viewers, 20u);
  EXPECT_GT(result.segments, 300u);
  EXPECT_LT(result.cdn_share, 0.7);
}

TEST(Simulation, HoldsItsInvariantsWhateverPlayersDo) {
  Scenario scenario = Small();
  scenario.stream.renditions = {{.bytes_per_second = 250e3, .share = 0.5},
                                {.bytes_per_second = 125e3, .share = 0.5}};
  scenario.players = {.pausing_share = 0.5, .seeking_share = 0.5, .switching_share = 0.5};
  const Result live = Simulate(scenario);
  EXPECT_EQ(live.violation_count, 0u) << Violations(live);
  scenario.stream.vod_segments = 60;
  const Result on_demand = Simulate(scenario);
  EXPECT_EQ(on_demand.violation_count, 0u) << Violations(on_demand);
  EXPECT_GT(on_demand.segments, 8u * 25);
}

TEST(Simulation, KeepsTheOwnersCap) {
  Scenario scenario = Small();
  scenario.client.max_upload_bytes_per_second = 100'000;
  const Result result = Simulate(scenario);
  EXPECT_EQ(result.violation_count, 0u) << Violations(result);
  EXPECT_GT(result.upload_over_cap_max, -0.5) << "the cap was of effect";
  EXPECT_LE(result.upload_over_cap_max, 0.05);
  EXPECT_GT(result.floor, 0.5) << "8 · 250 kB/s are wanted, 8 · 100 may come from peers";
}

// ---- Violations are noticed --------------------------------------------------------------------

class BrokenCore : public testing::Test {
 protected:
  BrokenCore() : simulation_(Small()) {
    simulation_.RunUntil(At(20.1));
    // What is stored next is not of the payload that happened to come last.
    simulation_.world().viewer(3).Feed(core::TimerFired{});
  }

  // Lets a viewer's client carry out an action that no core may want; returns what came of it.
  std::string WhatComesOf(const core::Action& action, std::uint32_t payload = 0) {
    simulation_.world().viewer(3).Execute(core::Action(action), payload);
    const Result result = simulation_.TakeResult();
    return result.violation_count == 1 ? result.violations[0] : Violations(result);
  }

  Simulation simulation_;
  const core::SegmentRef segment_{1, Media::kFirst + 8};
};

TEST_F(BrokenCore, ThatStoresWhatNeverCame) {
  EXPECT_TRUE(absl::StrContains(
      WhatComesOf(core::StoreBytes{.segment = segment_, .offset = 0, .skip = 50, .size = 100}, 149),
      "20.100000 s, viewer 3: stores 100 bytes after 50 of a payload of 149"));
}

TEST_F(BrokenCore, ThatLeavesAGap) {
  EXPECT_TRUE(absl::StrContains(
      WhatComesOf(core::StoreBytes{.segment = {1, 5000}, .offset = 7, .skip = 0, .size = 100}, 100),
      "stores at 7 of piece 0"));
}

TEST_F(BrokenCore, ThatSendsWhatItDoesNotHold) {
  EXPECT_TRUE(
      absl::StrContains(WhatComesOf(core::SendData{
                            .link = 1, .data = {.pull = 1, .size = 100}, .segment = {1, 5000}}),
                        "of which it holds 0"));
}

TEST_F(BrokenCore, ThatFetchesTwice) {
  simulation_.world().viewer(3).Execute(
      core::FetchFromCdn{.fetch = 1'000'001, .segment = {1, 5000}, .range = {0, 1000}}, 0);
  EXPECT_TRUE(
      absl::StrContains(WhatComesOf(core::FetchFromCdn{
                            .fetch = 1'000'002, .segment = {1, 5000}, .range = {500, 1500}}),
                        "fetches [500,1000) of segment 1/5000 from the CDN once more"));
}

TEST_F(BrokenCore, ThatStoresAPayloadTwice) {
  const core::StoreBytes once{.segment = {1, 5000}, .offset = 0, .skip = 0, .size = 100};
  simulation_.world().viewer(3).Execute(once, 100);
  EXPECT_TRUE(absl::StrContains(
      WhatComesOf(core::StoreBytes{.segment = {1, 5000}, .offset = 100, .skip = 40, .size = 60},
                  100),
      "stores bytes [40,100) of a payload twice"));
}

TEST_F(BrokenCore, ThatLosesCountOfWhatItHolds) {
  Viewer& viewer = simulation_.world().viewer(3);
  viewer.Execute(core::StoreBytes{.segment = {1, 5000}, .offset = 0, .skip = 0, .size = 100}, 100);
  viewer.Feed(core::TimerFired{});
  const Result result = simulation_.TakeResult();
  ASSERT_EQ(result.violation_count, 1u) << Violations(result);
  EXPECT_TRUE(absl::StrContains(result.violations[0], "20.100000 s, viewer 3: holds "));
}

TEST_F(BrokenCore, ThatAsksForTooMuchAtOnce) {
  Viewer& viewer = simulation_.world().viewer(3);
  for (core::PullId pull = 1; pull <= core::Puller::kPullsMax; ++pull) {
    viewer.Execute(core::SendMessage{999, core::Pull{pull, {}, 0, 0}}, 0);
  }
  EXPECT_TRUE(absl::StrContains(WhatComesOf(core::SendMessage{999, core::Pull{100, {}, 0, 0}}),
                                " pulls outstanding"));
}

// The client of whoever may upload nothing sends what it holds all the same.
TEST(Violations, AnUploadOverTheCap) {
  Scenario scenario = Small();
  scenario.client.max_upload_bytes_per_second = 0;
  Simulation simulation(scenario);
  simulation.RunUntil(At(20.1));
  Viewer& viewer = simulation.world().viewer(3);
  const core::SegmentRef segment{1, 5000};
  viewer.Execute(core::StoreBytes{.segment = segment, .offset = 0, .skip = 0, .size = 100}, 100);
  viewer.Execute(core::SendData{.link = 1, .data = {.pull = 1, .size = 100}, .segment = segment},
                 0);
  const Result result = simulation.TakeResult();
  ASSERT_GE(result.violation_count, 1u);
  EXPECT_TRUE(absl::StrContains(result.violations.back(), "more than its cap in a second"))
      << Violations(result);
}

// A core that never hears of its transfers cannot bring what the player waits for.
TEST(Violations, AStallThatGoesOnWhileTheCdnIsWell) {
  Scenario scenario = Small();
  scenario.viewers = 1;
  Simulation simulation(scenario);
  simulation.RunUntil(At(20.1));
  Viewer& viewer = simulation.world().viewer(0);
  for (core::FetchId fetch = 1; fetch <= 1000; ++fetch) {
    viewer.Execute(core::CancelFetch{fetch}, 0);  // behind the core's back
  }
  for (double s = 20.1; s < 40; s += 0.01) {
    simulation.RunUntil(At(s));
    for (core::FetchId fetch = 1; fetch <= 100; ++fetch) {
      viewer.Execute(core::CancelFetch{fetch}, 0);
    }
  }
  const Result result = simulation.TakeResult();
  ASSERT_GE(result.violation_count, 1u);
  EXPECT_TRUE(absl::StrContains(result.violations[0], "while the CDN was well"))
      << Violations(result);
}

}  // namespace
}  // namespace shoal::sim
