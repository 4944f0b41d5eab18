// The links of one stream: whom to dial, whom to accept, what each peer is told and when, who is
// dead.
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
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_MESH_H_
#define SHOAL_CLIENT_CORE_MESH_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "client/core/stream_state.h"

namespace shoal::core {

class Mesh {
 public:
  static constexpr Duration kTellAfterMin = Milliseconds(50);
  static constexpr Duration kTellAfterMax = Milliseconds(100);
  static constexpr Duration kTellGrid = Milliseconds(10);
  // Gossip, and how a piece grows, is told within these at the latest.
  static constexpr Duration kTellGossip = Milliseconds(100);
  static constexpr Duration kTellInBetween = Milliseconds(300);
  // Of a piece that more linked peers than this hold or receive, no news are urgent.
  static constexpr std::size_t kCommon = 3;
  // A link on which nothing was sent for so long gets an empty Progress.
  static constexpr Duration kAliveEvery = Seconds(1);
  // A link on which nothing was heard for so long is dead.
  static constexpr Duration kDeadAfter = Seconds(4);
  // A piece without new bytes for so long is told to be stalled.
  static constexpr Duration kStalledAfter = Milliseconds(300);
  // News that somebody has a piece hold this client back for a time between these.
  static constexpr Duration kHoldMin = Seconds(1);
  static constexpr Duration kHoldMax = Milliseconds(1500);
  // Links that gossip is passed on to.
  static constexpr std::size_t kGossipFanout = 8;
  static constexpr std::size_t kDialsMax = 8;  // under way at once

  explicit Mesh(StreamState& state) : s_(state) {}

  // Takes a new link in, or refuses it. Returns the link it replaces, if any: the caller closes
  // that. nullptr as `link`: refused and closed.
  struct Admission {
    Link* link = nullptr;
    std::optional<LinkId> replaced;
  };
  Admission Admit(const LinkOpened& opened);
  // Removes a link from the books. `gone`: the peer left the swarm.
  void Remove(LinkId link, bool gone);

  // Takes over what a peer says it holds and what it heard. Calls `learn_length(segment, length)`
  // for listed segments whose length the peer knows. Returns whether that may change what this
  // client does: the news are of pieces that it misses and does not get.
  template <typename LearnLength>
  bool Hear(Link& link, const Progress& progress, LearnLength learn_length) {
    bool matters = false;
    if (progress.upload_class) {
      matters = true;
      const bool could_upload = link.can_upload();
      link.peer.upload_class = *progress.upload_class;
      if (link.can_upload() != could_upload) ++s_.links_version;
      s_.members.SetClass(link.peer.id, *progress.upload_class);
    }
    for (const SegmentProgress& news : progress.segments) {
      Segment* segment = s_.table.FindKey(news.key);
      Apply(link, news, segment);
      if (segment == nullptr) {
        if (news.dropped) continue;
        s_.poller.Grown();
        matters = true;
        continue;
      }
      if (news.length != 0) learn_length(*segment, news.length);
      matters = matters || Matters(*segment, news);
      HearGossip(link, *segment, news);
    }
    return matters;
  }

  // The CDN was asked for the piece on behalf of the swarm: tell everybody at once, for as long as
  // they do not know they may ask for it, too.
  void SeedingBegun(Segment& segment, PieceIndex piece);
  // The state of a piece is no longer `before`: tell the links that lack it.
  void PieceChanged(Segment& segment, PieceIndex piece, PieceState before);
  // The playlist brought a segment: tell the links that may not know of it yet.
  void SegmentListed(const Segment& segment);
  void SegmentDropped(const Segment& segment);
  // Our own upload class changed.
  void ClassChanged();

  // Dials, and notices what stalled; says when to look again.
  void Look();

  // When Keep is to be called next; nullopt: no links.
  std::optional<TimePoint> keep_at() const { return keep_at_; }
  // Tells what there is to tell, keeps links alive, and finds the dead, for the caller to close.
  std::vector<LinkId> Keep();

 private:
  // Enters the news in the peer's view. `segment`: the one they are of; nullptr if it is not listed.
  void Apply(Link& link, const SegmentProgress& news, Segment* segment);
  static bool Matters(const Segment& segment, const SegmentProgress& news);
  void DialMore();
  void Tell(Link& link);
  void TellSnapshot(Link& link);
  void MarkStalled();
  // Passes on that somebody has the piece, if that is news.
  void PassOn(const Segment& segment, PieceIndex index, Piece& piece);
  void HearGossip(const Link& link, Segment& segment, const SegmentProgress& news);
  // The last linked peer that provided the piece does not any more: what was heard of it is void.
  void Unhear(Segment& segment, PieceIndex piece);
  void TellSoon(Link& link);
  void TellWithin(Link& link, Duration after);
  void KeepAt(TimePoint time) { keep_at_ = keep_at_ ? std::min(*keep_at_, time) : time; }
  void Send(Link& link, Progress progress);
  bool everybody_linked() const { return s_.members.swarm_size() <= s_.links.size() + 1; }

  using PieceRef = std::pair<std::uint64_t, PieceIndex>;  // segment and piece
  // Forgets the news that all links were told.
  void TrimNews();

  std::optional<TimePoint> keep_at_;
  // Pieces whose state changed. Links are told from their Link::told_until on, which counts from the
  // first news ever; news_.front() has the number news_begin_.
  std::vector<PieceRef> news_;
  std::uint64_t news_begin_ = 0;
  std::vector<PieceRef> to_tell_;  // room for Tell, used again and again

  StreamState& s_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_MESH_H_
