// What an answer of the CDN means for the segment that was asked for. Pure. Threads: values.
//
// Two counts meet here: bytes of the resource at the URL, in which HTTP speaks, and bytes of the
// segment, in which the core does. They differ for sub-ranges (EXT-X-BYTERANGE).
#ifndef SHOAL_CLIENT_RUNTIME_CDN_ANSWER_H_
#define SHOAL_CLIENT_RUNTIME_CDN_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "client/cdn/fetch.h"
#include "client/core/actions.h"
#include "client/core/events.h"
#include "common/base/byte_range.h"

namespace shoal::runtime {

struct CdnAsk {
  static constexpr std::uint64_t kToEnd = core::FetchFromCdn::kToEnd;

  ByteRange range;                     // of the segment; its end may be kToEnd
  std::optional<ByteRange> sub_range;  // of the resource; nullopt: the segment is all of it
  std::string etag;                    // strong, of the bytes that are held; empty: not known
  std::optional<std::uint64_t> resource_total;  // as known before
  bool with_authorization = false;              // the request carries it
  bool share_private = false;                   // --share-private

  // What the Range header must say; nullopt: none, the whole resource is wanted.
  std::optional<ByteRange> HttpRange() const;
};

struct CdnVerdict {
  // Set: the answer is of no use, and this says why; `total_length` as CdnFinished wants it.
  std::optional<core::FetchOutcome> refused;
  std::optional<std::uint64_t> total_length;  // of the segment

  bool range_honoured = true;
  bool shareable = true;
  // Of the body: bytes to pass over first, then bytes of the segment to hand on, at most.
  std::uint64_t skip = 0;
  std::uint64_t take = UINT64_MAX;
  // Bytes of the segment without which the answer is cut short; nullopt: any number will do.
  std::optional<std::uint64_t> expected;

  // To be remembered of the resource.
  std::string etag;
  std::optional<std::uint64_t> resource_total;
};

CdnVerdict JudgeAnswer(const CdnAsk& ask, const cdn::ResponseHead& head);

// What the end of a transfer means, when `delivered` bytes of the segment were handed on.
core::FetchOutcome OutcomeOf(const CdnVerdict& verdict, cdn::FetchOutcome outcome,
                             std::uint64_t delivered);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_CDN_ANSWER_H_
