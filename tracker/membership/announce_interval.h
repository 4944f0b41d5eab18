// How long clients wait between announces, and how long the tracker waits for one. Threads: any.
#ifndef SHOAL_TRACKER_MEMBERSHIP_ANNOUNCE_INTERVAL_H_
#define SHOAL_TRACKER_MEMBERSHIP_ANNOUNCE_INTERVAL_H_

#include <cstddef>

#include "common/random/random.h"
#include "common/time/time.h"

namespace shoal::membership {

inline constexpr Duration kAnnounceIntervalMin = Seconds(15);
inline constexpr Duration kAnnounceIntervalMax = Seconds(900);
// Each interval told is off by up to this share either way, so that clients that came together do
// not keep calling together.
inline constexpr double kAnnounceJitter = 0.15;
// A member that does not call for this many of its intervals has left: one call may get lost.
inline constexpr double kExpiryIntervals = 2.25;

// The interval at which `members` make `announces_per_second`, within the bounds above.
Duration AnnounceInterval(std::size_t members, double announces_per_second);

// `interval` off by the jitter, still within the bounds: near a bound the jitter keeps to the side
// that is left, so that no two clients in a thousand get the same.
Duration WithJitter(Duration interval, Random& random);

// How long after an announce a member stays that was told `interval`.
Duration ExpiryAfter(Duration interval);

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_ANNOUNCE_INTERVAL_H_
