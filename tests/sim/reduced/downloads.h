// What each viewer gets from its peers: pulls, as client/core/puller.h asks for them; and what comes
// of bytes, wherever they came from.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_DOWNLOADS_H_
#define SHOAL_TESTS_SIM_REDUCED_DOWNLOADS_H_

#include <vector>

#include "tests/sim/reduced/state.h"
#include "tests/sim/reduced/teller.h"
#include "tests/sim/reduced/uplinks.h"

namespace shoal::sim::reduced {

class Downloads {
 public:
  // As client/core/stream.h has it: what is not urgent is looked at so often at most.
  static constexpr Micros kLookEvery = 10'000;
  // A pull that has fallen silent is looked at so often.
  static constexpr Micros kCheckEvery = 50'000;

  Downloads(State& state, Teller& teller, Uplinks& uplinks)
      : s_(state), teller_(teller), uplinks_(uplinks) {}

  // Asks for what can be had.
  void Look(std::uint32_t viewer);
  // Something may be pulled or seeded now: a look (kLook) will come.
  void LookSoon(std::uint32_t viewer);
  // Whether the look that an event asks for is due.
  bool Due(const Event& look);

  void OnChunk(const Event& event);
  void OnReject(const Event& event);
  // Whether a piece gets on (kCheck).
  void OnCheck(const Event& event);
  // What a peer said makes it worth looking at the pulls of these pieces, too.
  void CheckSoon(std::uint32_t viewer, Mask pieces);
  // The first `chunks` of a piece are held.
  void Took(std::uint32_t viewer, unsigned piece, unsigned chunks);
  // Looks at the piece again and again until it is there. Its source is new.
  void Watch(std::uint32_t viewer, unsigned piece);

  // Tells whoever sends the piece to send no more. What is on its way is still taken.
  void WindDown(std::uint32_t viewer, unsigned piece);
  // Stops the pull of the piece, if there is one.
  void Stop(std::uint32_t viewer, unsigned piece);
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
  void Collect(std::uint32_t viewer, Mask wanted);
  unsigned HoldersAhead(std::uint32_t viewer, unsigned piece);
  // The number of the best link to pull the piece from; kNobody: none.
  unsigned BestLink(std::uint32_t viewer, unsigned piece);
  double RateOf(const LinkEnd& end) const;
  void Ask(std::uint32_t viewer, unsigned link, unsigned piece);
  // The piece has no source any more.
  void Detach(std::uint32_t viewer, unsigned piece);
  void Completed(std::uint32_t viewer, unsigned piece);
  void Learn(std::uint32_t viewer, unsigned link, unsigned piece, unsigned chunks);
  void CheckAt(std::uint32_t viewer, unsigned piece, Micros at);

  State& s_;
  Teller& teller_;
  Uplinks& uplinks_;
  std::vector<Candidate> candidates_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_DOWNLOADS_H_
