// A segment and its pieces: how far this client got with each, and where the rest comes from now.
//
// Plain state with the arithmetic that belongs to it; who fetches what when is decided elsewhere.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_SEGMENT_H_
#define SHOAL_CLIENT_CORE_SEGMENT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "client/core/events.h"
#include "client/core/holders.h"
#include "client/core/messages.h"
#include "client/core/optional_time.h"
#include "client/core/types.h"
#include "common/base/ids.h"
#include "common/time/time.h"

namespace shoal::core {

// Ordered so that little room is lost: every client has hundreds of them.
struct Piece {
  // Bytes held: a prefix of the piece.
  std::uint32_t progress = 0;

  // Where further bytes come from. Both at once only while a start is raced.
  PullId pull = 0;
  FetchId fetch = 0;      // 0: none
  LinkId link = 0;        // 0: none
  TimePoint asked{};      // when the source was asked
  TimePoint last_byte{};  // when bytes last came, from whatever source

  bool handed_off : 1 = false;    // peers are no longer waited for
  bool late : 1 = false;          // because its time was up
  bool seeding : 1 = false;       // its fetch is on behalf of the swarm
  bool told_seeding : 1 = false;  // peers were told that the CDN was asked for it
  bool told_stalled : 1 = false;  // peers were told that bytes stopped coming

  // Assignment: when this client's turn to seed comes, and for which view of the swarm that holds.
  bool seed_certain : 1 = false;  // false: it may come later than `seed_at`, not earlier
  std::uint32_t seed_version = 0;
  OptionalTime seed_at;

  // What passed between this client and its peers.
  std::uint32_t from_peers = 0;  // bytes, at most the piece
  std::uint32_t to_peers = 0;    // bytes

  // Gossip: birth of the newest news that somebody who can upload has it, of the newest passed on,
  // and how long news hold this client back.
  OptionalTime heard;
  OptionalTime passed_on;
  Duration hold{};

  bool has_source() const { return fetch != 0 || link != 0; }
};

// How much is known of a segment's length.
enum class LengthSource : std::uint8_t { kNone, kAssumed, kPeer, kCdn };

class Segment {
 public:
  Segment(std::uint64_t number, const ListedSegment& listed_segment)
      : sequence(number),
        key(listed_segment.key),
        duration(listed_segment.duration),
        shareable(listed_segment.shareable) {}

  // Takes over a length unless a better source has spoken. Pieces come and go with it; sources of
  // pieces that go must be cancelled before. Returns whether anything changed.
  bool SetLength(std::uint64_t new_length, LengthSource source);
  // Whether `length` is more than an assumption.
  bool length_known() const { return length_source >= LengthSource::kPeer; }

  // Forgets every byte and what was decided about them; the length stays. Whatever was under way
  // must be cancelled before.
  void Reset();

  // Forgets the length, too: whoever said it was wrong.
  void ForgetLength();

  // Bytes of piece `index`. While the length is assumed, every piece counts as full.
  std::uint32_t PieceSize(PieceIndex index) const {
    if (!length_known()) return kPieceSize;
    return static_cast<std::uint32_t>(PieceRange(index, length).size());
  }
  bool PieceComplete(PieceIndex index) const { return pieces[index].progress == PieceSize(index); }
  std::uint64_t PieceOffset(PieceIndex index) const { return std::uint64_t{index} * kPieceSize; }
  // Records that the first `progress` bytes of the piece are held. REQUIRES: not less than before.
  void SetProgress(PieceIndex index, std::uint32_t progress, TimePoint now);
  // What peers are told of the piece.
  PieceState StateOf(PieceIndex index) const;

  // Every byte is held (and their number known).
  bool complete() const { return length_known() && complete_pieces == pieces.size(); }
  std::uint64_t held_bytes() const { return held; }
  std::uint64_t missing_bytes() const { return length > held ? length - held : 0; }

  // The CDN answered last that it has no such thing (4xx): to ask again is of little use.
  bool refused() const { return cdn_failures > 0 && cdn_status >= 400 && cdn_status < 500; }

  // Constant after construction.
  std::uint64_t sequence;
  SegmentKey key;
  Duration duration;

  bool shareable;         // exchanged with peers
  bool listed = true;     // in the newest playlist
  bool oversize = false;  // too large to hold: relayed

  std::uint64_t length = 0;
  LengthSource length_source = LengthSource::kNone;
  std::vector<Piece> pieces;
  std::size_t complete_pieces = 0;

  std::optional<TimePoint> entered;  // the window
  bool started_race = false;         // fetched whole because a playback starts with it
  bool settled = false;              // counted for the share of late pieces
  bool accounted = false;            // the assignment policy was told what became of it

  // CDN errors on this segment: how many in a row, and not to be asked before.
  std::uint32_t cdn_failures = 0;
  int cdn_status = 0;  // of the last failure
  TimePoint cdn_retry_at{};
  TimePoint cdn_failed_at{};
  std::uint32_t cdn_stalls = 0;  // transfers given up because they stood still

  // Whoever of the linked peers speaks of it. By way of StreamState::HoldersOf only.
  mutable Holders holders;

 private:
  std::uint64_t held = 0;
};

// The least number of bytes that a peer holds who says `state` of a piece of `size` bytes.
std::uint32_t BytesAtLeast(PieceState state, std::uint32_t size);

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_SEGMENT_H_
