// Who is linked to whom once the audience has settled, by the product's tracker and by its rules:
// viewers announce when they join and when the tracker says, are handed members (see
// tracker/membership), dial some of them by chance, several at once, until they have as many links as
// they strive for, and are accepted by whoever has less than twice as many; strong uploaders
// strive for more, are dialled more often, and are taken in the place of weaker ones, as
// client/core/mesh.h says, once their uploads are measured. Dials take the round trips that
// world/links.h says: without them those who join one after the other would form cliques.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_GRAPH_H_
#define SHOAL_TESTS_SIM_REDUCED_GRAPH_H_

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "common/base/upload_class.h"
#include "common/random/random.h"
#include "common/time/time.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/network_model.h"
#include "tests/sim/world/population.h"
#include "tracker/membership/membership.h"

namespace shoal::sim::reduced {

class Graph {
 public:
  // When nobody announces any more: the audience has settled.
  static constexpr Duration kSettles = Seconds(60);
  static constexpr Duration kAnnounces = Seconds(15);  // at the latest, until then
  // After joining, uploads are measured and announced.
  static constexpr Duration kMeasured = Seconds(5);

  struct Node {
    std::vector<std::uint32_t> peers;
    std::vector<bool> dialled;  // by this viewer, of each
  };

  // `profiles` must outlive it.
  Graph(const Scenario& scenario, const std::vector<Profile>& profiles);

  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  // Something that happens while links are made; of equal times the first planned comes first.
  struct Step {
    enum class What : std::uint8_t { kAnnounce, kAnswer, kHello, kDialOver };
    TimePoint at;
    std::uint64_t order = 0;
    std::uint32_t viewer = 0;
    std::uint32_t peer = 0;  // that it dials
    What what = What::kAnnounce;
    bool joins = false;

    bool operator>(const Step& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  // What a viewer is about while links are made.
  struct Dialler {
    struct Candidate {
      std::uint32_t viewer;
      UploadClass upload_class;  // as the tracker knew it
    };
    std::vector<Candidate> candidates;  // handed out and not dialled yet
    double mean_upload = 0;             // of all that were handed out
    std::uint32_t dialling = 0;
  };

  void Plan(Step step);
  void Announce(const Step& step, membership::Membership& tracker);
  // What the viewer announces at that time.
  UploadClass ClassAt(std::uint32_t viewer, TimePoint now) const;
  double LinksWanted(std::uint32_t viewer, TimePoint now) const;
  // Takes the next one to dial from the candidates.
  std::uint32_t Pick(Dialler& dialler);
  void DialMore(std::uint32_t viewer, TimePoint now);
  void Hello(const Step& step);
  // Whom `viewer` parts with for the sake of one that uploads so much: the place among its peers.
  std::size_t WeakerThan(std::uint32_t viewer, UploadClass upload_class, TimePoint now) const;
  void Join(std::uint32_t viewer, std::uint32_t peer);
  void Part(std::uint32_t viewer, std::uint32_t peer);
  bool Linked(std::uint32_t a, std::uint32_t b) const;

  const std::vector<Profile>& profiles_;
  const std::uint32_t links_;  // that a viewer strives for
  const SwarmId swarm_;
  const NetworkModel network_;
  std::vector<Node> nodes_;
  std::vector<Dialler> diallers_;
  std::priority_queue<Step, std::vector<Step>, std::greater<>> steps_;
  std::uint64_t planned_ = 0;
  Random random_;
};

// What a client announces that has just begun: its upload is not known yet.
UploadClass ClassOf(const Profile& profile);

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_GRAPH_H_
