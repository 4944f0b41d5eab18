#include "client/core/cdn_answers.h"

namespace shoal::core {

void CdnAnswers::Responded(const CdnResponded& responded) {
  Fetches::Fetch* fetch = fetches_.Find(responded.fetch);
  if (fetch == nullptr) return;
  s_.ctx.cdn.Responded(responded.fetch, s_.ctx.now);
  Segment* segment = s_.table.Find(fetch->sequence);
  if (segment == nullptr) return;
  s_.LookAtOnce();
  if (!responded.shareable) segment->shareable = false;
  if (!responded.total_length) {
    // Its end cannot be known before it comes: not to be cut into pieces.
    segment->oversize = true;
    return shelf_.Discard(*segment);
  }
  if (!responded.range_honoured && fetch->next > 0) {
    // The whole comes instead of the range: what is held already is received again, once.
    s_.no_ranges = true;
    fetch->next = 0;
    fetch->end = FetchFromCdn::kToEnd;
  }
  if (!responded.range_honoured) segment->shareable = false;
  shelf_.LearnLength(*segment, *responded.total_length, LengthSource::kCdn);
}

void CdnAnswers::Bytes(const CdnBytes& bytes) {
  Fetches::Fetch* fetch = fetches_.Find(bytes.fetch);
  if (fetch == nullptr) return;
  const Segment* segment = s_.table.Find(fetch->sequence);
  const std::size_t pieces_before = segment == nullptr ? 0 : segment->complete_pieces;
  if (!fetch->begun) s_.LookSoon();  // from now on it may stall
  fetches_.OnBytes(*fetch, bytes.size);
  if (segment == nullptr) return;
  if (segment->complete_pieces != pieces_before) s_.LookSoon();
  if (segment->complete()) s_.urgent = true;
}

void CdnAnswers::Finished(const CdnFinished& finished) {
  const Fetches::Fetch* found = fetches_.Find(finished.fetch);
  if (found == nullptr) return;
  const Fetches::Fetch fetch = *found;
  fetches_.OnFinished(fetch, finished);
  s_.LookAtOnce();
  Segment* segment = s_.table.Find(fetch.sequence);
  if (segment == nullptr) return;
  if (finished.outcome == FetchOutcome::kChanged) {
    shelf_.Discard(*segment);
  } else if (finished.outcome == FetchOutcome::kRangeNotSatisfiable && finished.total_length) {
    CorrectLength(*segment, *finished.total_length);
  }
}

void CdnAnswers::CorrectLength(Segment& segment, std::uint64_t length) {
  const bool news = length != segment.length || !segment.length_known();
  if (news && segment.length_known()) {
    // The length that the CDN (or a peer) named before was wrong, and so may be the bytes.
    shelf_.Discard(segment);
    segment.ForgetLength();
  }
  shelf_.LearnLength(segment, length, LengthSource::kCdn);
  if (news) {  // the assumption was at fault, not the CDN
    segment.cdn_failures = 0;
    segment.cdn_retry_at = s_.ctx.now;
  }
}

}  // namespace shoal::core
