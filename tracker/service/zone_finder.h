// Which zone an address is in: members of equal zone are near each other, and are handed to each
// other first.
//
// Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_ZONE_FINDER_H_
#define SHOAL_TRACKER_SERVICE_ZONE_FINDER_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace shoal::service {

class ZoneFinder {
 public:
  // Zones of a finder are below this and not 0; those made from the prefix of an address that no
  // finder knows are above, so that they never meet.
  static constexpr std::uint16_t kZonesEnd = 0x8000;

  virtual ~ZoneFinder() = default;

  // nullopt: the finder knows nothing of the address, which has 4 or 16 bytes.
  virtual std::optional<std::uint16_t> Find(absl::string_view address) const = 0;
};

// A number in [1, kZonesEnd) that follows from `name`, alike on all machines and at all times.
std::uint16_t ZoneNumberOf(absl::string_view name);

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_ZONE_FINDER_H_
