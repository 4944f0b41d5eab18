// The core's announces and answers as messages of proto/shoal/v1/tracker.proto, and back, checked.
// Threads: any.
#ifndef SHOAL_CLIENT_ANNOUNCE_ANNOUNCE_CODEC_H_
#define SHOAL_CLIENT_ANNOUNCE_ANNOUNCE_CODEC_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "client/core/actions.h"
#include "client/core/events.h"
#include "common/base/ids.h"
#include "common/time/time.h"
#include "shoal/v1/tracker.pb.h"

namespace shoal::announce {

inline constexpr std::size_t kCookieSizeMax = 16;
// Between announces, whatever the tracker says.
inline constexpr Duration kIntervalMin = Seconds(15);
inline constexpr Duration kIntervalMax = Seconds(900);

v1::SwarmAnnounce ToWire(const core::AnnouncedSwarm& swarm, const std::string& cookie);

Duration IntervalFromWire(const v1::AnnounceResponse& response);

// The handout for `asked`; what that said of its cookie decides whether changes make sense. Members
// that are `self` or have no id are left out, and addresses that nobody can be at are not to be
// dialled. The swarm has at least this client. Nonsense is a DATA_LOSS error that names it.
absl::StatusOr<core::SwarmHandout> FromWire(const v1::SwarmHandout& handout,
                                            const v1::SwarmAnnounce& asked, const PeerId& self);

}  // namespace shoal::announce

#endif  // SHOAL_CLIENT_ANNOUNCE_ANNOUNCE_CODEC_H_
