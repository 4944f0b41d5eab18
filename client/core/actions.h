// What the core wants done: imperative. Carried out in order, on the loop's thread, without asking
// why. Nothing here returns a value; whatever comes of an action is an event.
#ifndef SHOAL_CLIENT_CORE_ACTIONS_H_
#define SHOAL_CLIENT_CORE_ACTIONS_H_

#include <cstdint>
#include <variant>
#include <vector>

#include "client/core/messages.h"
#include "client/core/types.h"
#include "common/base/byte_range.h"
#include "common/base/member.h"

namespace shoal::core {

// Fetch the playlist from the CDN; answered by PlaylistLoaded or PlaylistFailed.
struct FetchPlaylist {
  StreamId stream = 0;
};

// Fetch these bytes of a segment. `range.end` may lie beyond the segment's end while its length is
// not known; kToEnd means "to the end, however long". Answered by CdnResponded, CdnBytes,
// CdnFinished.
struct FetchFromCdn {
  static constexpr std::uint64_t kToEnd = UINT64_MAX;
  FetchId fetch = 0;
  SegmentRef segment;
  ByteRange range;
};

struct CancelFetch {
  FetchId fetch = 0;
};

// Of the payload of the event being handled (CdnBytes, or a Data message), put the bytes [skip,
// skip + size) at `offset` of the segment.
struct StoreBytes {
  SegmentRef segment;
  std::uint64_t offset = 0;
  std::uint32_t skip = 0;
  std::uint32_t size = 0;
};

// Forget all bytes of the segment. Requests being answered from it are first relayed or failed.
struct DropSegment {
  SegmentRef segment;
};

// Send the answer now, from the bytes that are held, and further ones as they are stored. The
// length is known by then.
struct ReleaseRequest {
  RequestId request = 0;
  std::uint64_t segment_length = 0;
};

// Answer this request straight from the CDN: the segment cannot be cached or cut into pieces.
struct RelayRequest {
  RequestId request = 0;
};

// Answer with this HTTP status: what the CDN said, or 502/504 if it said nothing.
struct FailRequest {
  RequestId request = 0;
  int http_status = 502;
};

// Open a link; answered by LinkOpened or DialFailed.
struct Dial {
  StreamId stream = 0;
  Member peer;
};

// Say Bye (unless the reason is kUnspecified) and close.
struct CloseLink {
  LinkId link = 0;
  ByeReason reason = ByeReason::kUnspecified;
};

// Send a message that is not Data.
struct SendMessage {
  LinkId link = 0;
  LinkMessage message;
};

// Send Data: `size` bytes of the segment from `segment_offset`. All of them are held.
struct SendData {
  LinkId link = 0;
  Data data;
  SegmentRef segment;
  std::uint64_t segment_offset = 0;
};

enum class AnnounceKind : std::uint8_t { kRefresh, kStarted, kStopped };

struct AnnouncedSwarm {
  StreamId stream = 0;
  SwarmId swarm;
  AnnounceKind kind = AnnounceKind::kRefresh;
};

// Call the tracker, once for all these swarms; answered by AnnounceAnswered or AnnounceFailed.
struct Announce {
  UploadClass upload_class = kUploadUnknown;
  std::vector<AnnouncedSwarm> swarms;
};

// The stream is left: forget its playlist, bytes and ids. No further events of it.
struct CloseStream {
  StreamId stream = 0;
};

using Action = std::variant<FetchPlaylist, FetchFromCdn, CancelFetch, StoreBytes, DropSegment,
                            ReleaseRequest, RelayRequest, FailRequest, Dial, CloseLink, SendMessage,
                            SendData, Announce, CloseStream>;
using ActionList = std::vector<Action>;

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_ACTIONS_H_
