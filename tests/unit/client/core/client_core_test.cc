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

void Print(const VirtualSwarm& world, std::size_t clients) {
  printf("share %.3f floor %.3f requests/segment %.2f\n", world.cdn_share(), world.floor(),
         static_cast<double>(world.cdn_requests()) / static_cast<double>(world.segments_served()));
  for (std::size_t i = 0; i < clients; ++i) {
    const CoreFigures f = world.figures(i);
    if (f.streams.empty()) continue;
    const StreamFigures& s = f.streams[0];
    printf(
        "%zu: seg %lu stalls %lu startup %.3f cdn %lu peers %lu wasted %lu links %u seeded %lu "
        "handoff start %lu dl %lu hold %lu nop %lu pulls %lu to %lu rej %lu/%lu req %lu up %.0f "
        "class %d late %.2f\n",
        i, world.player(i).segments, world.player(i).stalls, ToSeconds(world.player(i).startup),
        s.bytes_from_cdn, s.bytes_from_peers, s.bytes_wasted, s.links, s.pieces_seeded,
        s.handoffs[0], s.handoffs[1], s.handoffs[3], s.handoffs[4], s.pulls, s.pulls_timed_out,
        s.rejects_received, s.rejects_sent, s.cdn_requests, f.upload_bytes_per_second,
        int{f.upload_class}, s.late_share);
  }
}

TEST(ClientCore, TakesLittleMoreThanTheFloorFromTheCdnWithPlentyOfUpload) {
  const auto world = Eight(WorldConfig{});
  world->Run(T(120));
  Print(*world, 8);
  ExpectNoStalls(*world, 8);
  EXPECT_LE(world->cdn_share(), 1.6 * world->floor());
}

TEST(ClientCore, UsesScarceUploadWithoutStalls) {
  WorldConfig config;
  config.uplink = 1e6 / 8;
  const auto world = Eight(config);
  world->Run(T(120));
  Print(*world, 8);
  ExpectNoStalls(*world, 8);
  EXPECT_LE(world->cdn_share(), 1.3 * world->floor());
}

TEST(ClientCore, SameSeedSameActions) {
  const auto a = Eight(WorldConfig{});
  const auto b = Eight(WorldConfig{});
  a->Run(T(60));
  b->Run(T(60));
  EXPECT_EQ(a->trace(), b->trace());
}

}  // namespace
}  // namespace shoal::core
