// What the parts of the reduced model share: viewers, their links, and how far each is with each
// piece. See model.h for what is modelled and what is not.
//
// A piece has a number in 0 … 63: sixteen for each of the kSegments segments that are under way at
// once, so that sets of pieces are masks of 64 bits. It travels in chunks, an eighth of a piece each, one or two at a time.
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

using Mask = std::uint64_t;

inline constexpr unsigned kSegments = 4;
inline constexpr unsigned kPiecesMax = 16;  // of a segment
inline constexpr unsigned kPieces = kSegments * kPiecesMax;
inline constexpr std::uint32_t kChunk = core::kPieceSize / 8;

constexpr Mask Bit(unsigned piece) { return Mask{1} << piece; }
constexpr Mask SegmentMask(unsigned slot) { return Mask{0xffff} << (slot * kPiecesMax); }
constexpr Micros ToMicros(Duration duration) { return static_cast<Micros>(duration.count()); }
constexpr TimePoint ToTime(Micros at) { return TimePoint(Microseconds(at)); }

// Calls `visit` with each piece in `mask`, in order.
template <typename Visit>
void ForEach(Mask mask, Visit visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<unsigned>(__builtin_ctzll(mask)));
}

inline constexpr unsigned kChunksMax = 2;  // in a message

// Where a piece comes from: a link's number, or one of these.
inline constexpr std::uint8_t kNobody = 255;
inline constexpr std::uint8_t kCdn = 254;

struct Piece {
  Micros heard = 0;      // birth of the newest news that somebody has it; 0: none
  Micros passed_on = 0;  // of those passed on
  Micros asked = 0;
  Micros last_data = 0;
  std::uint8_t chunks = 0;  // held, from the first on
  std::uint8_t from = 0;    // held when it was asked for
  std::uint8_t source = kNobody;
  std::uint8_t pull = 0;  // number of the last pull
  bool late = false;
  bool wound_down = false;
};

struct LinkEnd {
  std::uint32_t peer = 0;
  std::uint8_t back = 0;   // the number that the peer knows the link by
  std::uint8_t pulls = 0;  // outstanding at the peer
  bool peer_uploads = false;
  Micros tell_at = 0;  // 0: nothing to tell
  Micros backoff_until = 0;
  Micros last_arrival = 0;  // at the peer
  Mask theirs = 0;          // what the peer said it has
  Mask news = 0;            // to be told
  Mask gossip = 0;
  float bytes_per_second = 0;  // moving average over pulls
  float response_s = 0.06F;    // as core::Link has it
};

struct Job {
  std::uint8_t link = 0;
  std::uint8_t piece = 0;
  std::uint8_t pull = 0;
  std::uint8_t next = 0;  // chunk
  bool served = false;
};

struct Viewer {
  PeerId id;
  std::uint32_t first_end = 0;
  std::uint8_t links = 0;
  UploadClass upload_class = kUploadUnknown;
  bool uploads = false;
  std::uint8_t outstanding = 0;  // pulls
  std::uint8_t turn = 0;         // link that was sent to last
  bool look_due = false;
  // Own upload in bytes per second: what it takes for granted until the meter knows, by what members
  // announce and by bursts; see client/core/uploader.h.
  float assumed = 0;
  float proven = 0;
  std::uint32_t unacked = 0;
  std::uint32_t queued = 0;
  Micros asks = 0;           // for a segment, after it was listed
  std::uint32_t listed = 0;  // segments that it knows
  Micros poll_at = 0;
  Micros looked = 0;
  Micros look_again = 0;
  std::uint32_t swarm_size = 1;
  std::array<std::uint8_t, kSegments> late_pieces{};
  Mask entered = 0;  // pieces of segments that it works on
  Mask have = 0;     // a chunk at least
  Mask missing = 0;  // entered and not complete
  Mask sourced = 0;  // under way
  core::LateShare late{TimePoint{}};
  core::Poller poller{TimePoint{}};
  core::CdnEstimate cdn;
  core::UploadMeter meter;
  std::vector<Job> jobs;

  double Rate() const {
    return meter.known() ? meter.rate() : static_cast<double>(std::max(assumed, proven));
  }
  // Bytes that may be sent and not acknowledged.
  std::uint32_t Window() const;
};

// A segment that is under way.
struct Segment {
  std::uint64_t sequence = 0;
  std::uint64_t length = 0;
  SegmentKey key;
  unsigned pieces = 0;
  Micros listed = 0;
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
  std::uint64_t fetches = 0;

  std::vector<Viewer> viewers;
  std::vector<LinkEnd> ends;
  std::vector<Piece> pieces;
  std::array<Segment, kSegments> segments;
  bool all_known = false;  // everybody knows everybody

  LinkEnd& end(std::uint32_t viewer, unsigned link) {
    return ends[viewers[viewer].first_end + link];
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

  // A message goes through the viewer's line and over its link; returns when it arrives.
  Micros Send(std::uint32_t viewer, unsigned link, std::uint32_t bytes);
  // Sends it as an event for whoever is at the other end.
  void Message(std::uint32_t viewer, unsigned link, std::uint32_t bytes, Event event);

  // What the viewer knows of the swarm: its peers, which stand for all whom it was handed, or
  // everybody. Valid until the next call.
  core::SwarmView View(std::uint32_t viewer);

 private:
  std::vector<core::KnownMember> others_;
};

// Bytes on the wire of messages other than Data, and what Data has besides its payload.
inline constexpr std::uint32_t kPullBytes = 34;
inline constexpr std::uint32_t kAckBytes = 18;
inline constexpr std::uint32_t kProgressBytes = 30;
inline constexpr std::uint32_t kProgressPieceBytes = 5;
inline constexpr std::uint32_t kDataBytes = 26;

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_STATE_H_
