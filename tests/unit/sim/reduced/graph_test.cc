#include "tests/sim/reduced/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "client/core/mesh.h"
#include "tests/sim/world/media.h"

namespace shoal::sim::reduced {
namespace {

class GraphTest : public testing::Test {
 protected:
  Graph Build(std::uint32_t viewers) {
    scenario_.viewers = viewers;
    scenario_.network.up = {{.share = 0.4, .bytes_per_second = 0},
                            {.share = 0.6, .bytes_per_second = 1e6}};
    const Media media(scenario_);
    Population population(scenario_, media);
    for (const TimePoint joins : population.joins()) profiles_.push_back(population.Next(joins));
    return Graph(scenario_, profiles_);
  }

  Scenario scenario_;
  std::vector<Profile> profiles_;
};

TEST_F(GraphTest, LinksHaveTwoEndsAndJoinTwoViewersOnce) {
  const Graph graph = Build(300);
  for (std::uint32_t v = 0; v < 300; ++v) {
    const std::vector<std::uint32_t>& peers = graph.nodes()[v].peers;
    EXPECT_EQ(std::set<std::uint32_t>(peers.begin(), peers.end()).size(), peers.size());
    for (const std::uint32_t peer : peers) {
      const std::vector<std::uint32_t>& back = graph.nodes()[peer].peers;
      EXPECT_NE(peer, v);
      EXPECT_EQ(std::count(back.begin(), back.end(), v), 1);
    }
  }
}

TEST_F(GraphTest, EverybodyHasLinksAndNobodyMoreThanItAccepts) {
  const Graph graph = Build(300);
  for (const Graph::Node& node : graph.nodes()) {
    // Whom late ones are handed has enough by then.
    EXPECT_GE(node.peers.size(), scenario_.client.links / 2);
    EXPECT_LE(static_cast<double>(node.peers.size()),
              core::Mesh::kStrongMax * core::Mesh::kAcceptedMax * scenario_.client.links);
  }
}

TEST_F(GraphTest, StrongUploadersHaveMoreLinks) {
  const Graph graph = Build(300);
  std::size_t of_strong = 0;
  std::size_t of_others = 0;
  for (std::size_t v = 0; v < 300; ++v) {
    (profiles_[v].cap == 0u ? of_others : of_strong) += graph.nodes()[v].peers.size();
  }
  EXPECT_GT(of_strong / 0.6, of_others / 0.4);
}

}  // namespace
}  // namespace shoal::sim::reduced
