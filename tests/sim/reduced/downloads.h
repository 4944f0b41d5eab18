// What each viewer gets from where: pulls from peers, as client/core/puller.h asks for them, and
// fetches from the CDN, for the swarm when the assignment policy says so (client/core/seeder.h) or
// because the player's time is up (Deadlines).
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_DOWNLOADS_H_
#define SHOAL_TESTS_SIM_REDUCED_DOWNLOADS_H_

#include <memory>
#include <vector>

#include "tests/sim/reduced/state.h"
#include "tests/sim/reduced/teller.h"
#include "tests/sim/reduced/uplinks.h"

namespace shoal::sim::reduced {

class Downloads {
 public:
  // As client/core/stream.h has it: what is not urgent is looked at so often at most.
  static constexpr Micros kLookEvery = 10'000;
  // A pull is looked at so often whether it gets on.
  static constexpr Micros kCheckEvery = 150'000;
  // A turn further away than any deadline will not come.
  static constexpr Duration kTurnMax = Seconds(6);

  Downloads(State& state, Teller& teller, Uplinks& uplinks);

  // The viewer learns of the segment whose first piece is `first`.
  void Enter(std::uint32_t viewer, unsigned first);
  // kTurn to kCdnChunk, as far as they are for those who download.
  void OnTurn(const Event& event);
  void OnLook(const Event& event);
  void OnChunk(const Event& event);
  void OnReject(const Event& event);
  void OnTimeout(const Event& event);
  void OnCdnHead(const Event& event);
  void OnCdnChunk(const Event& event);

  // Something may be pulled now.
  void LookSoon(std::uint32_t viewer);

  // Fetches what is missing of the piece from the CDN; a pull of it is stopped.
  void Fetch(std::uint32_t viewer, unsigned piece);
  // Tells whoever sends the piece to send no more. What is on its way is still taken.
  void WindDown(std::uint32_t viewer, unsigned piece);
  // When the pull of the piece will be done at its pace; UINT32_MAX: never, as it looks.
  Micros ExpectedDone(std::uint32_t viewer, unsigned piece);

 private:
  struct Candidate {
    unsigned piece;
    unsigned holders;
    std::uint64_t tie;
  };

  // Something may be pulled at `at`, when a peer may be asked again.
  void LookAgain(std::uint32_t viewer, Micros at);
  bool Stuck(std::uint32_t viewer, unsigned piece);
  bool Suppressed(std::uint32_t viewer, unsigned piece);
  void Look(std::uint32_t viewer);
  void Collect(std::uint32_t viewer, Mask wanted);
  // The number of the best link to pull the piece from; kNobody: none.
  unsigned BestLink(std::uint32_t viewer, unsigned piece);
  double RateOf(const LinkEnd& end) const;
  void Ask(std::uint32_t viewer, unsigned link, unsigned piece);
  // The piece has no source any more.
  void Detach(std::uint32_t viewer, unsigned piece);
  void Took(std::uint32_t viewer, unsigned piece, unsigned n);
  void Learn(std::uint32_t viewer, unsigned link, const Piece& piece);

  State& s_;
  Teller& teller_;
  Uplinks& uplinks_;
  const std::unique_ptr<core::AssignmentPolicy> policy_;
  std::vector<Candidate> candidates_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_DOWNLOADS_H_
