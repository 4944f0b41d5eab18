// Who is linked to whom once the audience has settled, by the product's tracker and by its rules:
// viewers announce when they join and when the tracker says, are handed members (see
// tracker/membership), dial some of them by chance until they have as many links as they strive for,
// and are accepted by whoever has less than half as many again. Dials take no time here.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_GRAPH_H_
#define SHOAL_TESTS_SIM_REDUCED_GRAPH_H_

#include <cstdint>
#include <vector>

#include "common/base/upload_class.h"
#include "common/random/random.h"
#include "common/time/time.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/population.h"

namespace shoal::sim::reduced {

class Graph {
 public:
  // When nobody announces any more: the audience has settled.
  static constexpr Duration kSettles = Seconds(45);

  struct Node {
    std::vector<std::uint32_t> peers;
    std::uint32_t swarm_size = 1;  // as the tracker last said
  };

  Graph(const Scenario& scenario, const std::vector<Profile>& profiles);

  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  void Build(const Scenario& scenario, const std::vector<Profile>& profiles);
  void Dial(std::uint32_t viewer, std::vector<std::uint32_t> candidates, std::uint32_t links,
            const std::vector<Profile>& profiles);
  bool Linked(std::uint32_t a, std::uint32_t b) const;

  std::vector<Node> nodes_;
  Random random_;
};

// What a client announces that has just begun: its upload is not known yet.
UploadClass ClassOf(const Profile& profile);

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_GRAPH_H_
