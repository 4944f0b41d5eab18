// Segments for players: each request becomes a PlayerRequested event, and is answered from the
// cache when the core releases it, as far as bytes are there and the player takes them, then
// further as they come.
//
// A player's range is honoured within what it asked for. Conditional requests, HEAD, and what
// matches no listed segment are passed through.
//
// Threads: loop thread only. Ownership: borrows all that it is given. Destroying it resets the
// connections of requests that are not answered.
#ifndef SHOAL_CLIENT_RUNTIME_SEGMENT_SERVICE_H_
#define SHOAL_CLIENT_RUNTIME_SEGMENT_SERVICE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "client/cache/segment_cache.h"
#include "client/core/types.h"
#include "client/proxy/exchange.h"
#include "client/runtime/event_sink.h"
#include "client/runtime/pass_through.h"
#include "client/runtime/segment_answer.h"
#include "client/runtime/stream_registry.h"
#include "common/base/byte_range.h"

namespace shoal::runtime {

struct SegmentFigures {
  std::uint64_t requests = 0;
  std::uint64_t served = 0;
  std::uint64_t gone = 0;     // the player left before the end
  std::uint64_t relayed = 0;  // by the core's wish
  std::uint64_t failed = 0;   // answered with an error
  std::uint64_t bytes = 0;    // handed to players' connections
  std::uint64_t waiting = 0;  // now: not answered to the end
};

class SegmentService {
 public:
  struct Parts {
    const cache::SegmentCache& cache;
    StreamRegistry& registry;
    PassThrough& pass_through;
    EventSink& sink;
  };
  explicit SegmentService(const Parts& parts);
  SegmentService(const SegmentService&) = delete;
  SegmentService& operator=(const SegmentService&) = delete;
  ~SegmentService();

  // Takes the exchange if it asks for a listed segment in a way that can be answered here; else
  // false, and nothing has happened.
  bool Serve(const std::shared_ptr<proxy::Exchange>& exchange, const hls::Url& url);

  // The core's actions of these names.
  void Release(core::RequestId id, std::uint64_t segment_length);
  void RelayRequest(core::RequestId id);
  void Fail(core::RequestId id, int http_status);

  // Bytes of the segment were stored: goes on with the answers that wait for them.
  void BytesStored(const core::SegmentRef& segment);
  // Bytes could not be stored: what waits for them, and what will ask before the segment is
  // dropped, is passed through.
  void BytesLost(const core::SegmentRef& segment);
  // The bytes of the segment were dropped. What is being answered from them cannot go on: other
  // bytes may come in their place.
  void SegmentDropped(const core::SegmentRef& segment);

  SegmentFigures figures() const;

 private:
  struct Request {
    std::shared_ptr<proxy::Exchange> exchange;
    core::SegmentRef segment;
    hls::Url url;
    std::optional<std::uint64_t> length;  // of the segment; set when it is released
    bool blocked = false;                 // the player has enough for now
    ByteRange left;  // of the segment: what is to be written still, once the head is sent

    bool all_written() const { return exchange->head_sent() && left.empty(); }
  };

  Request* Find(core::RequestId id);
  std::vector<core::RequestId> RequestsFor(const core::SegmentRef& segment) const;
  void Pump(core::RequestId id);
  // Sends the head if the first byte that follows it is there; false if nothing can be written now.
  bool BeginAnswer(core::RequestId id, Request& request);
  // Ends an answer that cannot be completed from the cache: passed through if it has not begun.
  void BreakOff(core::RequestId id);
  void OnClosed(core::RequestId id);
  // Lets go of the exchange and forgets the request.
  std::shared_ptr<proxy::Exchange> Take(core::RequestId id);

  const Parts parts_;
  core::RequestId last_id_ = 0;
  SegmentFigures figures_;
  absl::btree_map<core::RequestId, Request> requests_;
  absl::btree_set<core::SegmentRef> lost_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_SEGMENT_SERVICE_H_
