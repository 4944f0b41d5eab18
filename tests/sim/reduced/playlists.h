// When each viewer learns of a segment: its player loads the playlist every target duration, and its
// client polls, as client/core/poller.h says when, which hears of new segments from its peers.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_PLAYLISTS_H_
#define SHOAL_TESTS_SIM_REDUCED_PLAYLISTS_H_

#include "tests/sim/reduced/state.h"

namespace shoal::sim::reduced {

class Playlists {
 public:
  explicit Playlists(State& state) : s_(state) {}

  // The player begins to load the playlist again and again (kPlayerLoads), the client may have
  // reason to poll (kPoll).
  void OnPlayerLoads(const Event& event);
  void OnPoll(const Event& event);
  // A peer lists a segment (kHeard; mask: its number).
  void OnHeard(const Event& event);
  // An answer of the CDN's is here (kPlaylist; mask: how many segments were listed when it was
  // made). Whether it names a new one, of which peers are told.
  bool OnPlaylist(const Event& event);

 private:
  void Load(std::uint32_t viewer);
  void PollWhenDue(std::uint32_t viewer);

  State& s_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_PLAYLISTS_H_
