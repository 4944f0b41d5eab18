// Who fetches pieces from the CDN for the swarm, and when: the assignment policy's turns, held back
// by what peers and gossip say, as client/core/seeder.h has it.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_SEEDING_H_
#define SHOAL_TESTS_SIM_REDUCED_SEEDING_H_

#include <memory>

#include "tests/sim/reduced/fetches.h"
#include "tests/sim/reduced/state.h"
#include "tests/sim/reduced/teller.h"

namespace shoal::sim::reduced {

class Seeding {
 public:
  // A turn further away than any deadline will not come.
  static constexpr Duration kTurnMax = Seconds(6);

  Seeding(State& state, Teller& teller, Fetches& fetches);

  // The viewer learns of the segment in this slot.
  void Enter(std::uint32_t viewer, unsigned slot);
  // A piece's turn may have come (kTurn), or what held it back be over.
  void OnTurn(const Event& event);
  // Seeds those whose turn has come and that nothing holds back any more.
  void Look(std::uint32_t viewer);

 private:
  // Works out when the turns of these pieces come.
  void Schedule(std::uint32_t viewer, Mask pieces);
  // The same for pieces of which it did not know, for want of their segment's length.
  void UseLengths(std::uint32_t viewer);
  core::PieceToAssign ToAssign(std::uint32_t viewer, unsigned piece);
  core::SeededBefore WhoSeededBefore(std::uint32_t viewer, unsigned piece);
  bool HeldBack(std::uint32_t viewer, unsigned piece, std::size_t enough);

  State& s_;
  Teller& teller_;
  Fetches& fetches_;
  const std::unique_ptr<core::AssignmentPolicy> policy_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_SEEDING_H_
