// The hand-off, as client/core/handoff.h has it: what peers will hardly bring before the player's
// time is up comes from the CDN, at moments that follow from each viewer's own CdnEstimate.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_DEADLINES_H_
#define SHOAL_TESTS_SIM_REDUCED_DEADLINES_H_

#include <vector>

#include "tests/sim/reduced/downloads.h"
#include "tests/sim/reduced/fetches.h"
#include "tests/sim/reduced/state.h"
#include "tests/sim/reduced/uplinks.h"

namespace shoal::sim::reduced {

class Deadlines {
 public:
  // Prospects change with time alone: while a player waits there is a look so often.
  static constexpr Micros kReviewEvery = 50'000;

  // `startup`: from having the first playlist to playing the first segment.
  Deadlines(State& state, Downloads& downloads, Fetches& fetches, const Uplinks& uplinks)
      : s_(state), downloads_(downloads), fetches_(fetches), uplinks_(uplinks) {}
  void SetStartup(Duration startup) { startup_ = startup; }

  // The viewer learnt of the segment whose first piece is `first`: from now on it is watched.
  void Watch(std::uint32_t viewer, unsigned first);
  void OnHandoff(const Event& event);

  // When the viewer's core takes its player to run dry without the segment: a player that began
  // three segments behind has two of them, and what starting took, in its buffer when it asks; the
  // core leaves Playhead::kSafety.
  Micros Deadline(std::uint32_t viewer, const Segment& segment) const;

 private:
  struct Prospect {
    unsigned piece;
    Micros done;
  };

  // What stands between the viewer and the segment: pieces that do not come from the CDN, the
  // worst prospects first. Returns bytes.
  std::uint32_t Collect(std::uint32_t viewer, unsigned first);
  Duration Doubt(const Viewer& viewer, std::uint32_t bytes) const;
  void Take(std::uint32_t viewer, Mask pieces);
  void Again(Event event, Micros at);
  void TakeWorst(std::uint32_t viewer, unsigned first, std::size_t unlikely);

  State& s_;
  Downloads& downloads_;
  Fetches& fetches_;
  const Uplinks& uplinks_;
  Duration startup_{};
  std::vector<Prospect> waiting_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_DEADLINES_H_
