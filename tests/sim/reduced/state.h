// What the parts of the reduced model share: viewers, their links, and how far each is with each
// piece. See model.h for what is modelled and what is not.
//
// A piece has a number in 0 … 63: sixteen for each of the kSegments segments that are under way at
// once, so that sets of pieces are masks of 64 bits. It travels in chunks, a sixteenth of a piece
// each, several at a time.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_STATE_H_
#define SHOAL_TESTS_SIM_REDUCED_STATE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "client/core/assignment.h"
#include "client/core/cdn_estimate.h"
#include "client/core/late_share.h"
#include "client/core/messages.h"
#include "client/core/poller.h"
#include "client/core/types.h"
#include "client/core/upload_meter.h"
#include "common/random/random.h"
#include "tests/sim/reduced/graph.h"
#include "tests/sim/reduced/wheel.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/media.h"
#include "tests/sim/world/mix.h"
#include "tests/sim/world/network_model.h"
#include "tests/sim/world/population.h"

namespace shoal::sim::reduced {

using core::PieceState;
using Mask = std::uint64_t;

inline constexpr unsigned kSegments = 4;
inline constexpr unsigned kPiecesMax = 16;  // of a segment
inline constexpr unsigned kPieces = kSegments * kPiecesMax;
inline constexpr std::uint32_t kChunk = core::kPieceSize / 16;

constexpr Mask Bit(unsigned piece) { return Mask{1} << piece; }
constexpr Mask SegmentMask(unsigned slot) { return Mask{0xffff} << (slot * kPiecesMax); }
constexpr Micros ToMicros(Duration duration) { return static_cast<Micros>(duration.count()); }
constexpr TimePoint ToTime(Micros at) { return TimePoint(Microseconds(at)); }

// Calls `visit` with each piece in `mask`, in order.
template <typename Visit>
void ForEach(Mask mask, Visit visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<unsigned>(__builtin_ctzll(mask)));
}

// Where a piece comes from: a link's number, or one of these.
inline constexpr std::uint8_t kNobody = 255;
inline constexpr std::uint8_t kCdn = 254;

struct Piece {
  Micros heard = 0;      // birth of the newest news that somebody has it; 0: none
  Micros passed_on = 0;  // of those passed on
  Micros asked = 0;
  Micros last_data = 0;
  Micros wound_down = 0;    // when the peer was told to send no more; 0: it was not
  Micros check_at = 0;      // the next look at whether it gets on; 0: none
  std::uint8_t chunks = 0;  // held, from the first on
  std::uint8_t from = 0;    // held when it was asked for
  std::uint8_t source = kNobody;
  std::uint8_t pull = 0;  // number of the last pull or fetch
  bool late = false;
  bool told_seeding = false;
  bool told_stalled = false;

  bool pulled() const { return source != kNobody && source != kCdn; }
};

// A line of the cache.
struct alignas(64) LinkEnd {
  // What the peer said it has: a byte at least, half, all; or that it has just asked the CDN.
  Mask has = 0;
  Mask half = 0;
  Mask all = 0;
  Mask seeding = 0;
  std::uint32_t peer = 0;
  Micros backoff_until = 0;
  Micros last_arrival = 0;     // at the peer
  float bytes_per_second = 0;  // moving average over pulls
  float response_s = 0.06F;    // as core::Link has it
  std::uint8_t back = 0;       // the number that the peer knows the link by
  std::uint8_t pulls = 0;      // outstanding at the peer
  std::uint8_t knows = 0;      // slots of segments that the peer spoke of
  bool peer_uploads = false;

  // Whether the peer has more of the piece than `chunks` of `total`.
  bool Ahead(unsigned piece, unsigned chunks, unsigned total) const {
    if ((all & Bit(piece)) != 0) return chunks < total;
    if ((half & Bit(piece)) != 0) return 2 * chunks < total;
    return (has & Bit(piece)) != 0 && chunks == 0;
  }
};

struct Job {
  std::uint8_t link = 0;
  std::uint8_t piece = 0;
  std::uint8_t pull = 0;
  std::uint8_t next = 0;  // chunk
  std::uint8_t held = 0;  // chunks of the piece
  bool served = false;
};

struct Viewer {
  Mask entered = 0;  // pieces of segments that it works on
  Mask have = 0;     // a chunk at least
  Mask missing = 0;  // entered and not complete
  Mask sourced = 0;  // under way
  Mask offered = 0;  // some peer that uploads has a byte at least
  Mask turned = 0;   // its turn to seed it has come
  Mask tells = 0;    // when some link is to be told, in numbers of the grid of tellings, modulo 64
  Micros looked = 0;
  Micros look_again = 0;
  Micros seed_again = 0;
  std::uint8_t links = 0;
  std::uint8_t outstanding = 0;   // pulls
  std::uint8_t turn = 0;          // link that was sent to last
  std::uint8_t lengths = 0;       // slots of segments whose length it knows
  std::uint8_t lengths_used = 0;  // for turns
  bool uploads = false;
  bool look_due = false;
  bool turns_outdated = false;  // its share of late pieces has changed
  // Of its peers, those that have a byte at least of each piece; those that upload and have, or will
  // have soon.
  std::array<std::uint8_t, kPieces> holders{};
  std::array<std::uint8_t, kPieces> providers{};
  // Own upload in bytes per second: what it takes for granted until the meter knows, by what members
  // announce and by bursts; see client/core/uploader.h.
  float assumed = 0;
  float proven = 0;
  std::uint32_t unacked = 0;
  std::uint32_t queued = 0;
  Micros asks = 0;           // for a segment, after it was listed
  std::uint32_t listed = 0;  // segments that it knows
  Micros poll_at = 0;
  Micros loaded_at = 0;  // the playlist
  bool loading = false;
  std::array<std::uint8_t, kSegments> late_pieces{};
  std::array<Micros, kSegments> entered_at{};
  PeerId id;
  core::LateShare late{TimePoint{}};
  core::Poller poller{TimePoint{}};
  core::CdnEstimate cdn;
  core::UploadMeter meter;
  std::vector<Job> jobs;

  double Rate() const {
    return meter.known() ? meter.rate() : static_cast<double>(std::max(assumed, proven));
  }
};

// A segment that is under way.
struct Segment {
  std::uint64_t sequence = 0;
  std::uint64_t length = 0;
  SegmentKey key;
  unsigned pieces = 0;
  unsigned pieces_before = 0;  // of the one before: what is assumed until the length is known
  Micros listed = 0;
  bool measured = false;
  // What it cost so far: bytes from the CDN, and pieces by why they were fetched there.
  std::uint64_t cdn_bytes = 0;
  std::uint64_t seeded = 0;
  std::uint64_t handed_off = 0;
  std::uint64_t completed = 0;  // viewers that have it all
};

struct State {
  explicit State(const Scenario& s)
      : scenario(s), media(s), network(s), random(Mix(s.seed, 0x726564)) {}

  const Scenario& scenario;
  const Media media;
  NetworkModel network;
  Wheel wheel;
  Random random;
  Micros now = 0;
  std::uint64_t events = 0;

  std::vector<Viewer> viewers;
  unsigned links_max = 0;  // of a viewer
  std::vector<LinkEnd> ends;
  // Of ends of links, by what is gone through for all of a viewer at once: bytes sent; what is to be
  // told, and when (0: nothing is).
  std::vector<std::uint32_t> unacked_of;
  std::vector<Mask> news_of;
  std::vector<Mask> gossip_of;
  std::vector<Micros> tell_at_of;
  std::vector<UploadClass> upload_classes;  // as each viewer announces; others look at it, too
  std::vector<Piece> pieces;
  std::array<Segment, kSegments> segments;
  bool all_known = false;  // everybody knows everybody
  // Pieces of measured segments by when a viewer had them, after they were listed.
  static constexpr Micros kDelayStep = 20'000;
  std::array<std::uint64_t, 500> delays{};

  // Makes room for the links of all viewers.
  void AddLinks(unsigned most);
  std::size_t place(std::uint32_t viewer, unsigned link) const {
    return std::size_t{viewer} * links_max + link;
  }
  LinkEnd& end(std::uint32_t viewer, unsigned link) { return ends[place(viewer, link)]; }
  std::uint32_t& unacked(std::uint32_t viewer, unsigned link) {
    return unacked_of[place(viewer, link)];
  }
  Piece& piece(std::uint32_t viewer, unsigned number) {
    return pieces[std::size_t{viewer} * kPieces + number];
  }
  Segment& segment_of(unsigned piece) { return segments[piece / kPiecesMax]; }

  std::uint32_t PieceSize(unsigned piece) const;
  unsigned Chunks(unsigned piece) const { return (PieceSize(piece) + kChunk - 1) / kChunk; }
  // Bytes of `n` chunks from `chunk` on.
  std::uint32_t ChunkSize(unsigned piece, unsigned chunk, unsigned n) const;
  std::uint32_t Missing(std::uint32_t viewer, unsigned piece);  // bytes
  // What peers are told of the piece, as core::Segment::StateOf.
  PieceState StateOf(std::uint32_t viewer, unsigned piece);

  // A message goes through the viewer's line and over its link; returns when it arrives.
  Micros Send(std::uint32_t viewer, unsigned link, std::uint32_t bytes);
  // Sends it as an event for whoever is at the other end.
  void Message(std::uint32_t viewer, unsigned link, std::uint32_t bytes, Event event);

  // What the viewer knows of the swarm: its peers, which stand for all whom it was handed, or
  // everybody. Valid until the next call.
  core::SwarmView View(std::uint32_t viewer);
  // The same without the members: enough for the lottery's radius.
  core::SwarmView BriefView(std::uint32_t viewer) const;

 private:
  std::vector<core::KnownMember> others_;
};

// Bytes on the wire of messages other than Data, and what Data has besides its payload.
inline constexpr std::uint32_t kPullBytes = 34;
inline constexpr std::uint32_t kAckBytes = 18;
inline constexpr std::uint32_t kProgressBytes = 30;
inline constexpr std::uint32_t kProgressPieceBytes = 2;
inline constexpr std::uint32_t kDataBytes = 26;

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_STATE_H_
