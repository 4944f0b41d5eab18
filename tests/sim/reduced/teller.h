// Who is told what: progress and gossip, as client/core/teller.h spreads them, batched for each link,
// at the same moments. Told is that the first bytes of a piece are held; that it grew, or stands
// still, is not.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_TELLER_H_
#define SHOAL_TESTS_SIM_REDUCED_TELLER_H_

#include "tests/sim/reduced/state.h"

namespace shoal::sim::reduced {

class Teller {
 public:
  explicit Teller(State& state) : s_(state) {}

  // The viewer has the first chunk of a piece.
  void HasFirst(std::uint32_t viewer, unsigned piece);
  // A link's time has come to be told (kTell).
  void OnTell(const Event& event);
  // What a peer said (kNews, kGossip). Returns the pieces that may now be pulled.
  Mask OnNews(const Event& event);
  void OnGossip(const Event& event);

 private:
  void TellWithin(std::uint32_t viewer, unsigned link, Micros after);
  void TellSoon(std::uint32_t viewer, unsigned link);
  void Hear(std::uint32_t viewer, unsigned piece, Micros born);
  void PassOn(std::uint32_t viewer, unsigned piece);

  State& s_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_TELLER_H_
