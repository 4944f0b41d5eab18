// When each viewer learns of a segment: its player loads the playlist every target duration, and its
// client polls, as client/core/poller.h says when, which hears of new segments from its peers.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_PLAYLISTS_H_
#define SHOAL_TESTS_SIM_REDUCED_PLAYLISTS_H_

#include "tests/sim/reduced/fetches.h"
#include "tests/sim/reduced/state.h"

namespace shoal::sim::reduced {

class Playlists {
 public:
  // Younger ones are shown again; as client/runtime/playlist_service.h has it.
  static constexpr Duration kFreshFor = Milliseconds(250);

  Playlists(State& state, Fetches& fetches) : s_(state), fetches_(fetches) {}

  // The player begins to load the playlist again and again (kPlayerLoads), the client may have
  // reason to poll (kPoll).
  void OnPlayerLoads(const Event& event);
  void OnPoll(const Event& event);
  // A peer lists a segment (kHeard; mask: how many are listed).
  void OnHeard(const Event& event);
  // A peer spoke of one that the viewer does not know.
  void Grown(std::uint32_t viewer);
  // An answer of the CDN's is here, made when so many segments were listed. Whether it names a new
  // one, of which peers are told.
  bool OnPlaylist(std::uint32_t viewer, std::uint32_t listed);

 private:
  void Load(std::uint32_t viewer);
  void PollWhenDue(std::uint32_t viewer);

  State& s_;
  Fetches& fetches_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_PLAYLISTS_H_
