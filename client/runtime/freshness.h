// How long an answer may be given again without asking (RFC 9111, section 4.2). Pure. Threads: any.
#ifndef SHOAL_CLIENT_RUNTIME_FRESHNESS_H_
#define SHOAL_CLIENT_RUNTIME_FRESHNESS_H_

#include "client/cdn/fetch.h"
#include "common/time/time.h"

namespace shoal::runtime {

// Longer is never believed: nobody watches for longer.
inline constexpr Duration kFreshMax = Seconds(24 * 3600);

// The age that the answer had when it came.
Duration AgeOf(const cdn::Headers& answer);

// From its arrival on: s-maxage, else max-age, else Expires less Date, less its age; zero with
// no-cache, and for what cannot be read. `unless_told` if the answer says nothing of it.
Duration FreshFor(const cdn::Headers& answer, Duration unless_told);

// Whether another request for the same URL might be answered otherwise (Vary), but for the encoding
// and what CORS asks for, which this proxy answers itself.
bool VariesByRequest(const cdn::Headers& answer);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_FRESHNESS_H_
