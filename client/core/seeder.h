// Seeding: fetches from the CDN, on behalf of the swarm, the pieces whose turn has come by the
// assignment policy, unless they are suppressed: as many linked peers that can upload as the lottery
// lets begin at once (one, where there is upload enough) hold the piece, are receiving it or have just
// asked the CDN for it, or gossip of the last second or so says that somebody does.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_SEEDER_H_
#define SHOAL_CLIENT_CORE_SEEDER_H_

#include "client/core/fetches.h"
#include "client/core/stream_state.h"
#include "client/core/teller.h"

namespace shoal::core {

class Seeder {
 public:
  // Nothing is seeded before half of min(kLinksForHalf, linkable members) links stand, or this long
  // after the first request.
  static constexpr Duration kWaitForLinks = Seconds(5);
  static constexpr std::size_t kLinksForHalf = 16;
  // In so many segments before this one it is looked up who seeded a piece.
  static constexpr std::uint64_t kLookBack = 6;

  Seeder(StreamState& state, Fetches& fetches, Teller& teller)
      : s_(state), fetches_(fetches), teller_(teller) {}

  // Seeds what is due now and says when to look again.
  void Look();

 private:
  bool Open();
  bool Due(Segment& segment, PieceIndex index, const SwarmView& view);
  SeededBefore WhoSeededBefore(const Segment& segment, PieceIndex index);
  // Whether this client's turn to seed the piece has come. If not, says when to look again.
  bool HasTurn(Segment& segment, PieceIndex index, const SwarmView& view);
  bool Suppressed(const Segment& segment, PieceIndex index);
  std::uint32_t ViewVersion();

  StreamState& s_;
  Fetches& fetches_;
  Teller& teller_;
  // Turns are computed anew when the members or (in coarse steps) the share of late pieces change.
  std::uint32_t version_ = 0;
  std::uint32_t members_version_ = 0;
  int late_step_ = 0;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_SEEDER_H_
