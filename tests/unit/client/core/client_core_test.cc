#include "client/core/client_core.h"

#include <gtest/gtest.h>

#include "tests/unit/client/core/virtual_swarm.h"

namespace shoal::core {
namespace {

TimePoint T(double seconds) { return TimePoint(Seconds(seconds)); }

// Eight clients join over 20 s, as in the demo.
std::unique_ptr<VirtualSwarm> Eight(const WorldConfig& config) {
  auto world = std::make_unique<VirtualSwarm>(config);
  for (int i = 0; i < 8; ++i) world->Join(T(20 + 2.5 * i));
  return world;
}

void ExpectNoStalls(const VirtualSwarm& world, std::size_t clients) {
  for (std::size_t i = 0; i < clients; ++i) {
    EXPECT_EQ(world.player(i).stalls, 0u)
        << "client " << i << " stalled " << ToSeconds(world.player(i).stalled) << " s";
    EXPECT_GT(world.player(i).segments, 30u) << "client " << i;
  }
}

TEST(ClientCore, TakesLittleMoreThanTheFloorFromTheCdnWithPlentyOfUpload) {
  const auto world = Eight(WorldConfig{});
  world->Run(T(120));
  ExpectNoStalls(*world, 8);
  EXPECT_LE(world->cdn_share(), 1.6 * world->floor());
}

TEST(ClientCore, UsesScarceUploadWithoutStalls) {
  WorldConfig config;
  config.uplink = 1e6 / 8;
  const auto world = Eight(config);
  world->Run(T(120));
  ExpectNoStalls(*world, 8);
  EXPECT_LE(world->cdn_share(), 1.3 * world->floor());
}

TEST(ClientCore, SavesWithoutStallsWithTargetLists) {
  WorldConfig config;
  config.core.assignment = AssignmentKind::kRatio;
  const auto world = Eight(config);
  world->Run(T(120));
  ExpectNoStalls(*world, 8);
  // Learning by trial costs a few times the floor; plain CDN would be 1.
  EXPECT_LE(world->cdn_share(), 0.5);
  EXPECT_GE(world->cdn_share(), world->floor());
}

TEST(ClientCore, SameSeedSameActions) {
  const auto a = Eight(WorldConfig{});
  const auto b = Eight(WorldConfig{});
  a->Run(T(60));
  b->Run(T(60));
  EXPECT_EQ(a->trace(), b->trace());
}

TEST(ClientCore, OffTakesEverythingFromTheCdnOncePerSegment) {
  WorldConfig config;
  config.core.assignment = AssignmentKind::kOff;
  const auto world = Eight(config);
  world->Run(T(100));
  ExpectNoStalls(*world, 8);
  EXPECT_GE(world->cdn_share(), 1.0);
  EXPECT_LE(world->cdn_share(), 1.0 + 8.0 / static_cast<double>(world->segments_served()));
  EXPECT_GE(world->cdn_requests(), world->segments_served());
  EXPECT_LE(world->cdn_requests(), world->segments_served() + 8);  // one each may be under way
}

TEST(ClientCore, StartsAsFastAsPlainCdn) {
  WorldConfig config;
  config.cdn_first_byte = Milliseconds(200);
  const auto swarm = Eight(config);
  config.core.assignment = AssignmentKind::kOff;
  const auto plain = Eight(config);
  swarm->Run(T(60));
  plain->Run(T(60));
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_LE(swarm->player(i).startup, plain->player(i).startup + Milliseconds(20)) << i;
  }
}

TEST(ClientCore, HandsOffAtOnceWhenAskedTo) {
  WorldConfig config;
  config.core.handoff = HandoffMode::kRequest;
  const auto world = Eight(config);
  world->Run(T(100));
  ExpectNoStalls(*world, 8);
  std::uint64_t by_request = 0;
  std::uint64_t by_deadline = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const StreamFigures stream = world->figures(i).streams.at(0);
    by_request += stream.handoffs[static_cast<std::size_t>(HandoffReason::kRequest)];
    by_deadline += stream.handoffs[static_cast<std::size_t>(HandoffReason::kDeadline)];
  }
  EXPECT_GT(by_request, 0u);
  EXPECT_EQ(by_deadline, 0u);
}

TEST(ClientCore, PlaysOnWhenPeersDieInMidTransfer) {
  const auto world = Eight(WorldConfig{});
  for (std::size_t i = 1; i < 4; ++i) world->Kill(i, T(60.3 + 0.1 * static_cast<double>(i)));
  world->Run(T(120));
  for (std::size_t i : {0u, 4u, 5u, 6u, 7u}) {
    EXPECT_EQ(world->player(i).stalls, 0u) << "client " << i;
    EXPECT_EQ(world->figures(i).streams.at(0).links, 4u) << "client " << i;
  }
  EXPECT_LE(world->cdn_share(), 1.6 * world->floor());
}

TEST(ClientCore, PlaysOnAndStaysLinkedWhenTheTrackerIsGone) {
  const auto world = Eight(WorldConfig{});
  world->FailTracker(T(45), T(110));
  world->Run(T(120));
  ExpectNoStalls(*world, 8);
  EXPECT_LE(world->cdn_share(), 1.6 * world->floor());
  EXPECT_GT(world->figures(0).announces_failed, 0u);
}

TEST(ClientCore, PlaysFromTheCdnAloneWhenTheTrackerNeverCame) {
  const auto world = Eight(WorldConfig{});
  world->FailTracker(T(0), T(1000));
  world->Run(T(100));
  ExpectNoStalls(*world, 8);
}

TEST(ClientCore, OutlastsAShortFailureOfTheCdn) {
  const auto world = Eight(WorldConfig{});
  world->FailCdn(T(60), T(61.5), 503);
  world->Run(T(120));
  ExpectNoStalls(*world, 8);
}

TEST(ClientCore, ComesBackAfterTheCdnWasUnreachable) {
  const auto world = Eight(WorldConfig{});
  world->FailCdn(T(60), T(80), 0);
  world->Run(T(140));
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_GT(world->player(i).segments, 40u) << "client " << i;
  }
}

TEST(ClientCore, StaysNearTheFloorInASwarmLargerThanItsLinks) {
  WorldConfig config;
  VirtualSwarm world(config);
  for (int i = 0; i < 40; ++i) world.Join(T(20 + 0.25 * i));
  world.Run(T(80));
  ExpectNoStalls(world, 0);
  std::uint64_t stalls = 0;
  for (std::size_t i = 0; i < 40; ++i) stalls += world.player(i).stalls;
  EXPECT_EQ(stalls, 0u);
  // The floor is 1/40 and each start is raced: one of the 25 or so segments that each plays.
  EXPECT_LE(world.cdn_share(), 2.5 * world.floor() + 1.0 / 25);
}

TEST(ClientCore, LeavesAndTellsSo) {
  VirtualSwarm world{WorldConfig{}};
  world.Join(T(20));
  world.Join(T(22));
  world.Run(T(40));
  ASSERT_EQ(world.figures(0).streams.at(0).links, 1u);
  world.Leave(1, T(40));
  world.Run(T(41));
  EXPECT_EQ(world.figures(0).streams.at(0).links, 0u);
  EXPECT_EQ(world.figures(0).streams.at(0).members_known, 0u);
}

}  // namespace
}  // namespace shoal::core
