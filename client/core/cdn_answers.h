// What the CDN answers, entered at the segments: their lengths, their bytes, and what it contradicts.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_CDN_ANSWERS_H_
#define SHOAL_CLIENT_CORE_CDN_ANSWERS_H_

#include "client/core/events.h"
#include "client/core/fetches.h"
#include "client/core/shelf.h"
#include "client/core/stream_state.h"

namespace shoal::core {

class CdnAnswers {
 public:
  CdnAnswers(StreamState& state, Fetches& fetches, Shelf& shelf)
      : s_(state), fetches_(fetches), shelf_(shelf) {}

  // Transfers that are not the stream's are ignored.
  void Responded(const CdnResponded& responded);
  void Bytes(const CdnBytes& bytes);
  void Finished(const CdnFinished& finished);

 private:
  // The CDN has not got the range that was asked for, but says how long the segment is.
  void CorrectLength(Segment& segment, std::uint64_t length);

  StreamState& s_;
  Fetches& fetches_;
  Shelf& shelf_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_CDN_ANSWERS_H_
