// Pulls: which missing piece to get from which linked peer.
//
// Earliest segment first, then the piece that fewest linked peers hold; from the peer that is
// expected to finish first: what is queued there, the transfer, the round trip. A pull starts at
// this client's own progress, so nothing is received twice, and only at a peer whose progress is
// greater.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_PULLER_H_
#define SHOAL_CLIENT_CORE_PULLER_H_

#include <vector>

#include "client/core/fetches.h"
#include "client/core/intake.h"
#include "client/core/open_pulls.h"
#include "client/core/stream_state.h"

namespace shoal::core {

class Puller {
 public:
  static constexpr std::size_t kPullsMax = 12;        // outstanding, per stream
  static constexpr std::size_t kPullsPerLinkMax = 2;  // outstanding
  // A pull that brings nothing for so long is given up, and its peer left alone for kPenalty.
  static constexpr Duration kTimeout = Milliseconds(1500);
  static constexpr Duration kPenalty = Seconds(1);
  // How long what a peer has sent may be on its way: a window of its upload, and a round trip.
  static constexpr Duration kWindDown = Milliseconds(300);
  // A pull that brought no byte for so long is not expected to be done in time.
  static constexpr Duration kQuietAfter = Milliseconds(300);
  // A peer whose pulls bring nothing at all is shunned for twice the penalty, doubled with each such
  // pull in a row up to this.
  static constexpr Duration kShunMax = Seconds(60);
  // After a reject its peer is left alone for half the delay it names, within these.
  static constexpr Duration kBackoffMin = Milliseconds(50);
  static constexpr Duration kBackoffMax = Milliseconds(500);

  Puller(StreamState& state, Intake& intake, Fetches& fetches)
      : s_(state), intake_(intake), fetches_(fetches) {}

  // Gives up what takes too long, then asks for what is missing and can be had.
  void Look();

  // Pulls under way.
  std::size_t outstanding() const { return pulls_.size(); }

  // Handles Data. False: the peer broke the protocol.
  [[nodiscard]] bool OnData(Link& link, const Data& data);
  // Handles Reject. False: the peer broke the protocol.
  [[nodiscard]] bool OnReject(Link& link, const Reject& reject);

  // Tells the peer that sends the piece, if there is one, to send no more of it. What is on its way
  // is still taken, so that nothing is received in vain. Over after kWindDown, or by Cancel.
  void WindDown(Segment& segment, PieceIndex index);
  // Nobody sends the piece, or whoever did was told to stop so long ago that nothing more will come.
  bool Silent(const Segment& segment, PieceIndex index) const;
  // Stops the pull of a piece, if there is one, and tells the peer.
  void Cancel(Segment& segment, PieceIndex index);
  void CancelSegment(Segment& segment);
  void CancelAll();
  // The link is gone: its pieces are without a source again. Nothing is sent.
  void Forget(Link& link);

  // A peer that serves says that it holds the piece or is receiving it.
  bool Obtainable(const Segment& segment, PieceIndex index) const;
  // When the pull of this piece will be done at the pace of its link; TimePoint::max() when no byte
  // has come for a while, or there is no pull.
  TimePoint ExpectedDone(const Segment& segment, PieceIndex index) const;

 private:
  struct Candidate {
    Segment* segment;
    PieceIndex piece;
    std::size_t holders;
    std::uint64_t tie;
  };

  void GiveUpSlowOnes();
  // nullptr: the piece is not pulled.
  const OpenPull* PullOf(const Segment& segment, PieceIndex index) const;
  void Shun(Link& link);
  // Whether the peer stopped receiving the piece itself while another is ahead of us.
  bool ShouldSwitch(const Segment& segment, const OpenPull& pull) const;
  void Abandon(const OpenPull& pull);
  // Fills candidates_.
  void Collect(Segment& segment);
  Link* BestLink(const Candidate& candidate);
  // Whether who holds so much has more of the piece than this client.
  static bool Ahead(const PeerView::Held& held, const Segment& segment, PieceIndex piece);
  static std::size_t HoldersAhead(const Holders& known, const Segment& segment, PieceIndex piece);
  double RateOf(const Link& link) const;
  void Ask(Link& link, const Candidate& candidate);
  void Finish(const OpenPull& pull);
  // Its piece is without a source again.
  void Detach(const OpenPull& pull);

  StreamState& s_;
  Intake& intake_;
  Fetches& fetches_;
  OpenPulls pulls_;
  std::vector<Candidate> candidates_;  // of the segment looked at last, the best first
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_PULLER_H_
