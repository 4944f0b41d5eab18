// Which members are near each other. Threads: any.
#ifndef SHOAL_TRACKER_MEMBERSHIP_ZONE_H_
#define SHOAL_TRACKER_MEMBERSHIP_ZONE_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace shoal::membership {

// The zone of an address of 4 or 16 bytes: its first 16 bits (IPv4), or 16 bits made from its first
// 32 (IPv6), which is what one network of one provider usually has in common. 0, not known, for
// anything else and for 0.0.0.0/16. Alike on all machines.
std::uint16_t ZoneOfAddress(absl::string_view address);

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_ZONE_H_
