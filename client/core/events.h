// What happens outside, told to the core: past tense. One struct an event; Event is any of them.
//
// Whoever feeds the core promises only that ids are not reused and that a stream's events lie
// between its StreamOpened and its CloseStream; everything else may be anything the network came up
// with.
#ifndef SHOAL_CLIENT_CORE_EVENTS_H_
#define SHOAL_CLIENT_CORE_EVENTS_H_

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "client/core/messages.h"
#include "client/core/types.h"
#include "common/base/member.h"
#include "common/time/time.h"

namespace shoal::core {

// ---- The playlist ------------------------------------------------------------------------------

// A player asked for a media playlist that was not followed yet.
struct StreamOpened {
  StreamId stream = 0;
  SwarmId swarm;
};

struct ListedSegment {
  SegmentKey key;
  Duration duration{};       // EXTINF
  std::uint64_t length = 0;  // from EXT-X-BYTERANGE; 0: not known
  bool shareable = true;     // false: served from the CDN, never exchanged
};

// The playlist was fetched (again), by the core's own wish or because a player asked.
struct PlaylistLoaded {
  StreamId stream = 0;
  std::uint64_t first_sequence = 0;  // EXT-X-MEDIA-SEQUENCE
  Duration target_duration{};        // EXT-X-TARGETDURATION
  bool ended = false;                // EXT-X-ENDLIST: no segment will be added
  std::vector<ListedSegment> segments;
};

struct PlaylistFailed {
  StreamId stream = 0;
};

// A player asked for the playlist (again): somebody is still watching.
struct PlaylistRequested {
  StreamId stream = 0;
};

// ---- The player --------------------------------------------------------------------------------

// CMCD (CTA-5004) as far as it says where the player is. All optional.
struct PlayerHints {
  std::optional<Duration> buffer_length;  // bl
  std::optional<Duration> deadline;       // dl
  std::optional<double> playback_rate;    // pr; 0: paused
};

// A player asked for a segment (any part of it). Answered by ReleaseRequest, RelayRequest or
// FailRequest, once; if the CDN fails while a released answer is being sent, by FailRequest after
// that. Ends with exactly one PlayerServed or PlayerGone, whatever the answer was.
struct PlayerRequested {
  RequestId request = 0;
  PlayerId player = 0;
  SegmentRef segment;
  PlayerHints hints;
};

// The whole answer was handed to the player's connection: the segment, or the asked part of it.
struct PlayerServed {
  RequestId request = 0;
};

// The player went away, or was told of a failure, or the answer could not be completed.
struct PlayerGone {
  RequestId request = 0;
};

// ---- The CDN -----------------------------------------------------------------------------------

// Headers of a successful answer (200 or 206) arrived.
struct CdnResponded {
  FetchId fetch = 0;
  std::optional<std::uint64_t> total_length;  // of the segment
  bool range_honoured = true;  // false: the body is the whole segment from its first byte
  bool shareable = true;       // false: Set-Cookie, private, no-store or an answer to Authorization
};

// `size` further bytes of the body arrived.
struct CdnBytes {
  FetchId fetch = 0;
  std::uint32_t size = 0;
};

enum class FetchOutcome : std::uint8_t {
  kComplete,             // every byte asked for (or, without range, the whole body) arrived
  kTruncated,            // the body ended early or was longer than announced
  kUnreachable,          // no connection, or no bytes for too long
  kHttpError,            // any status that is none of the others; see http_status
  kRangeNotSatisfiable,  // 416; total_length if the answer named it
  kChanged,              // the segment's ETag or length is no longer that of the bytes held
};

// The transfer is over, whether or not CdnResponded came. Not sent after CancelFetch.
struct CdnFinished {
  FetchId fetch = 0;
  FetchOutcome outcome = FetchOutcome::kComplete;
  int http_status = 0;
  std::optional<std::uint64_t> total_length;
};

// ---- Links -------------------------------------------------------------------------------------

// Hello was exchanged; the link is ready for messages.
struct LinkOpened {
  LinkId link = 0;
  StreamId stream = 0;
  Member peer;           // as far as Hello and the connection tell
  bool dialled = false;  // by this client
};

struct DialFailed {
  StreamId stream = 0;
  PeerId peer;
  ByeReason reason = ByeReason::kUnspecified;  // what the peer said, if it said anything
};

// For Data, the payload lies with whoever calls Handle; see StoreBytes.
struct MessageReceived {
  LinkId link = 0;
  LinkMessage message;
};

// Ended by the peer or by the transport. Not sent after CloseLink.
struct LinkClosed {
  LinkId link = 0;
  ByeReason reason = ByeReason::kUnspecified;
};

// ---- The tracker -------------------------------------------------------------------------------

struct SwarmHandout {
  StreamId stream = 0;
  std::uint32_t swarm_size = 0;  // this client included
  bool full = true;              // `added` replaces all members handed out before
  std::vector<Member> added;
  std::vector<PeerId> removed;
};

struct AnnounceAnswered {
  Duration interval{};  // until the next announce
  std::vector<SwarmHandout> swarms;
};

struct AnnounceFailed {};

// ---- Time and the end --------------------------------------------------------------------------

struct TimerFired {};

// The process is about to end: leave everything. The caller carries out the actions and stops.
struct ShutdownRequested {};

using Event = std::variant<StreamOpened, PlaylistLoaded, PlaylistFailed, PlaylistRequested,
                           PlayerRequested, PlayerServed, PlayerGone, CdnResponded, CdnBytes,
                           CdnFinished, LinkOpened, DialFailed, MessageReceived, LinkClosed,
                           AnnounceAnswered, AnnounceFailed, TimerFired, ShutdownRequested>;

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_EVENTS_H_
