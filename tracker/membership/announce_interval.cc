#include "tracker/membership/announce_interval.h"

#include <algorithm>

namespace shoal::membership {

Duration AnnounceInterval(std::size_t members, double announces_per_second) {
  const double seconds = static_cast<double>(members) / announces_per_second;
  // Bounded before the conversion: a rate near zero makes more seconds than a Duration holds.
  return Seconds(
      std::clamp(seconds, ToSeconds(kAnnounceIntervalMin), ToSeconds(kAnnounceIntervalMax)));
}

Duration WithJitter(Duration interval, Random& random) {
  const double seconds = ToSeconds(interval);
  const Duration low = std::max(Seconds(seconds * (1 - kAnnounceJitter)), kAnnounceIntervalMin);
  const Duration high = std::min(Seconds(seconds * (1 + kAnnounceJitter)), kAnnounceIntervalMax);
  return random.Uniform(low, high);
}

Duration ExpiryAfter(Duration interval) { return Seconds(ToSeconds(interval) * kExpiryIntervals); }

}  // namespace shoal::membership
