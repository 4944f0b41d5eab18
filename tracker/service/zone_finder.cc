#include "tracker/service/zone_finder.h"

namespace shoal::service {

// FNV-1a (Fowler, Noll, Vo), folded.
std::uint16_t ZoneNumberOf(absl::string_view name) {
  std::uint32_t hash = 2166136261u;
  for (const char byte : name) hash = (hash ^ static_cast<std::uint8_t>(byte)) * 16777619u;
  return static_cast<std::uint16_t>((hash ^ hash >> 16) % (ZoneFinder::kZonesEnd - 1) + 1);
}

}  // namespace shoal::service
