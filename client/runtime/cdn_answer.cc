#include "client/runtime/cdn_answer.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "client/runtime/http_headers.h"

namespace shoal::runtime {
namespace {

using core::FetchOutcome;

CdnVerdict Refused(FetchOutcome why, std::optional<std::uint64_t> total_length = std::nullopt) {
  return {.refused = why, .total_length = total_length};
}

// Bytes that were packed on the way are not those of the segment, though only the last resort of an
// origin that was asked for identity.
bool IsEncoded(const cdn::ResponseHead& head) {
  const std::string* encoding = cdn::FindHeader(head.headers, "Content-Encoding");
  return encoding != nullptr && !encoding->empty() &&
         !absl::EqualsIgnoreCase(*encoding, "identity");
}

bool IsChanged(const CdnAsk& ask, const CdnVerdict& verdict) {
  if (!ask.etag.empty() && !verdict.etag.empty() && ask.etag != verdict.etag) return true;
  return ask.resource_total && verdict.resource_total &&
         *ask.resource_total != *verdict.resource_total;
}

// 206: the part that was asked for, or its first bytes (the CDN client lets nothing else through).
void TakePart(const CdnAsk& ask, const cdn::ContentRange& part, CdnVerdict* verdict) {
  const std::uint64_t size = part.range->size();
  verdict->take = size;
  if (!verdict->total_length) {
    verdict->expected = size;
    return;
  }
  const std::uint64_t end = std::min(ask.range.end, *verdict->total_length);
  verdict->expected = end - std::min(end, ask.range.begin);
}

// 200: the whole resource, of which the segment may be a part.
void TakeWhole(const CdnAsk& ask, CdnVerdict* verdict) {
  verdict->range_honoured = !ask.HttpRange().has_value();
  if (ask.sub_range) {
    verdict->range_honoured = ask.range.begin == 0 && ask.range.end >= ask.sub_range->size();
    verdict->skip = ask.sub_range->begin;
    verdict->take = ask.sub_range->size();
  }
  verdict->expected = verdict->total_length;
}

}  // namespace

std::optional<ByteRange> CdnAsk::HttpRange() const {
  if (!sub_range) {
    if (range.begin == 0 && range.end == kToEnd) return std::nullopt;
    return range;
  }
  const std::uint64_t end = std::min(range.end, sub_range->size());
  return ByteRange{sub_range->begin + std::min(range.begin, end), sub_range->begin + end};
}

CdnVerdict JudgeAnswer(const CdnAsk& ask, const cdn::ResponseHead& head) {
  const bool part =
      head.status == 206 && ask.HttpRange() && head.content_range && head.content_range->range;
  if (head.status == 416) {
    std::optional<std::uint64_t> total;
    if (!ask.sub_range && head.content_range) total = head.content_range->total;
    return Refused(FetchOutcome::kRangeNotSatisfiable, total);
  }
  if ((head.status != 200 && !part) || IsEncoded(head)) return Refused(FetchOutcome::kHttpError);

  CdnVerdict verdict;
  verdict.etag = StrongEtag(head.headers);
  verdict.resource_total = part ? head.content_range->total : head.content_length;
  verdict.total_length =
      ask.sub_range ? std::optional(ask.sub_range->size()) : verdict.resource_total;
  if (IsChanged(ask, verdict)) {
    verdict.refused = FetchOutcome::kChanged;
    return verdict;
  }
  verdict.shareable = ask.share_private || (!ask.with_authorization && IsShareable(head.headers));
  if (part) {
    TakePart(ask, *head.content_range, &verdict);
  } else {
    TakeWhole(ask, &verdict);
  }
  return verdict;
}

core::FetchOutcome OutcomeOf(const CdnVerdict& verdict, cdn::FetchOutcome outcome,
                             std::uint64_t delivered) {
  const bool enough = verdict.expected && delivered >= *verdict.expected;
  switch (outcome) {
    case cdn::FetchOutcome::kComplete:
      return enough || !verdict.expected ? FetchOutcome::kComplete : FetchOutcome::kTruncated;
    case cdn::FetchOutcome::kTruncated:
    case cdn::FetchOutcome::kTooLarge:
    case cdn::FetchOutcome::kBadAnswer:
      return enough ? FetchOutcome::kComplete : FetchOutcome::kTruncated;
    case cdn::FetchOutcome::kRefusedRedirect:
    case cdn::FetchOutcome::kRefusedAddress:
    case cdn::FetchOutcome::kInvalidRequest:
      return FetchOutcome::kHttpError;
    case cdn::FetchOutcome::kTimedOut:
    case cdn::FetchOutcome::kUnreachable:
      break;
  }
  return FetchOutcome::kUnreachable;
}

}  // namespace shoal::runtime
