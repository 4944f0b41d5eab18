// Who is told what: progress and gossip, as client/core/teller.h spreads them, batched for each link,
// at the same moments, and what each viewer makes of what it is told.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_TELLER_H_
#define SHOAL_TESTS_SIM_REDUCED_TELLER_H_

#include <vector>

#include "tests/sim/reduced/state.h"

namespace shoal::sim::reduced {

class Teller {
 public:
  explicit Teller(State& state) : s_(state) {}

  // The viewer has asked the CDN for a piece on behalf of the swarm.
  void SeedingBegun(std::uint32_t viewer, unsigned piece);
  // More of a piece came, or it counts as stalled from now on: its state is no longer `before`.
  void PieceChanged(std::uint32_t viewer, unsigned piece, PieceState before);
  // What is new to the viewer since `before` is first-hand news for others.
  void Took(std::uint32_t viewer, unsigned piece, PieceState before);
  // The time of some links has come to be told (kTell).
  void OnTell(const Event& event);
  // What a peer said (kNews; count: the state). Returns the pieces for which that may change what
  // the viewer does.
  Mask OnNews(const Event& event);
  // That somebody has pieces (kGossip; count: the age).
  void OnGossip(const Event& event);
  // The peer turned out not to have the piece.
  void Forget(std::uint32_t viewer, unsigned link, unsigned piece);

 private:
  void TellWithin(std::uint32_t viewer, unsigned link, Micros after);
  void TellSoon(std::uint32_t viewer, unsigned link);
  void Tell(std::uint32_t viewer, unsigned link);
  void SendNews(std::uint32_t viewer, unsigned link, Mask news);
  void SendGossip(std::uint32_t viewer, unsigned link, Mask gossip, std::uint32_t overhead);
  void Apply(std::uint32_t viewer, LinkEnd& end, Mask mask, PieceState state);
  // The peer had, and provided or will soon, these pieces; now those that `end` says.
  void Count(Viewer& viewer, const LinkEnd& end, Mask had, Mask provided);
  void Hear(std::uint32_t viewer, unsigned piece, Micros born);
  void PassOn(std::uint32_t viewer, unsigned piece);

  State& s_;
  std::vector<unsigned> due_;  // links to tell now
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_TELLER_H_
