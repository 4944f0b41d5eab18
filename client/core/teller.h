// What the linked peers are told of the pieces that this client holds, and of what it heard of others,
// and when.
//
// Progress is batched for kTellAfterMin to kTellAfterMax and goes only to peers that lack the piece.
// Links are told at different moments, so that not all peers turn to the same holder at once: who is
// told first holds some of it, too, when the others choose. But moments lie on a grid of kTellGrid,
// for each costs a wake-up. Only the first bytes of a piece, and their standing still, are told so
// soon, since they change what others do, and only where few have the piece; the rest goes along, or
// waits for kTellInBetween. Who is as far as this client is not told at all. That the CDN was asked for
// a piece is told at once: until they know, others may ask for it, too.
//
// Gossip says which pieces somebody who can upload has, so that clients not linked to him hold back
// from seeding; it carries its age, only first-hand news refreshes it, and it is sent only while the
// swarm is larger than the links (otherwise everybody hears everything first hand), and not of pieces
// that this client provides itself: of those it speaks first hand.
//
// When whom to tell, and what is new, lies side by side for all links: looking that up at each piece's
// every step must not cost a cache miss for each link.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_TELLER_H_
#define SHOAL_CLIENT_CORE_TELLER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "client/core/stream_state.h"

namespace shoal::core {

class Teller {
 public:
  static constexpr Duration kTellAfterMin = Milliseconds(50);
  static constexpr Duration kTellAfterMax = Milliseconds(100);
  static constexpr Duration kTellGrid = Milliseconds(10);
  // Gossip, and how a piece grows, is told within these at the latest.
  static constexpr Duration kTellGossip = Milliseconds(100);
  static constexpr Duration kTellInBetween = Milliseconds(300);
  // What a client that does not upload holds nobody can have. It tells of whole pieces only, so that
  // it is not told of them any more, within this at the latest.
  static constexpr Duration kTellOfNoUse = Milliseconds(400);
  // Of a piece that more linked peers than this hold or receive, no news are urgent.
  static constexpr std::size_t kCommon = 3;
  // Fewer clients than this seed a piece at once (see AssignmentPolicy::Radius): uploads suffice.
  static constexpr double kFewSeed = 2;
  // A piece without new bytes for so long is told to be stalled.
  static constexpr Duration kStalledAfter = Milliseconds(300);
  // News that somebody has a piece hold this client back for a time between these.
  static constexpr Duration kHoldMin = Seconds(1);
  static constexpr Duration kHoldMax = Milliseconds(1500);
  // Links that gossip is passed on to.
  static constexpr std::size_t kGossipFanout = 8;

  explicit Teller(StreamState& state) : s_(state) {}

  // A link came, and is told all that is held; or one goes. The link is among the stream's.
  void Linked(Link& link);
  void Unlinked(const Link& link);

  // The CDN was asked for the piece on behalf of the swarm: tell everybody at once, for as long as
  // they do not know they may ask for it, too.
  void SeedingBegun(Segment& segment, PieceIndex piece);
  // The state of a piece is no longer `before`: tell the links that lack it.
  void PieceChanged(Segment& segment, PieceIndex piece, PieceState before);
  // Passes on that somebody has the piece, if that is news.
  void PassOn(const Segment& segment, PieceIndex index, Piece& piece);
  // The playlist brought a segment: tell the links that may not know of it yet.
  void SegmentListed(const Segment& segment);
  void SegmentDropped(const Segment& segment);
  // Our own upload class changed.
  void ClassChanged();
  // Tells nothing, to show that this client is there.
  void SayAlive(Link& link) { Send(link, Progress{}); }

  // Notices pieces whose bytes stopped coming; says when to look again.
  void MarkStalled();

  // When TellDue is to be called next; TimePoint::max(): there is nothing to tell.
  TimePoint tell_at() const { return tell_at_; }
  // Tells the links whose time has come, but for those that were not heard for `dead_after`.
  void TellDue(Duration dead_after);

 private:
  // When a link is told next.
  struct Turn {
    TimePoint at = TimePoint::max();  // max: there is nothing to tell
    std::uint64_t told_until = 0;     // of the news
    Link* link = nullptr;
  };
  // A piece whose state changed, or (share > 0) of which somebody else told: that goes to each
  // `share`-th link from `first` on.
  struct News {
    std::uint64_t sequence = 0;
    PieceIndex piece = 0;
    std::uint16_t share = 0;
    std::uint16_t first = 0;
  };
  using PieceRef = std::pair<std::uint64_t, PieceIndex>;  // segment and piece

  void TellSnapshot(Link& link);
  void TellSoon(Turn& turn);
  void TellWithin(Turn& turn, Duration after);
  void Tell(Link& link);
  // Fills to_tell_ and to_pass_on_ with what the link was not told yet, in order.
  void CollectNews(const Link& link);
  // Calls `tell` for each of `pieces` that is still known, with what the peer said of its segment
  // (nullptr: nothing).
  template <typename F>
  void ForEach(const std::vector<PieceRef>& pieces, const Link& link, F tell);
  void TellDropped(Link& link, std::vector<SegmentProgress>& told);
  SegmentProgress& EntryOf(const Segment& segment, const PeerView::Held* theirs,
                           std::vector<SegmentProgress>& told);
  void SendAll(Link& link, std::vector<SegmentProgress> told);
  void Send(Link& link, Progress progress);
  // Forgets the news that all links were told.
  void TrimNews();
  bool everybody_linked() const { return s_.members.swarm_size() <= s_.links.size() + 1; }

  StreamState& s_;
  std::vector<Turn> turns_;  // of all links, in their order
  TimePoint tell_at_ = TimePoint::max();
  // Turn::told_until counts from the first news ever; news_.front() has the number news_begin_.
  std::vector<News> news_;
  std::uint64_t news_begin_ = 0;
  // Room for Tell, used again and again.
  std::vector<PieceRef> to_tell_;
  std::vector<PieceRef> to_pass_on_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_TELLER_H_
