#include "tracker/membership/zone.h"

#include <algorithm>

namespace shoal::membership {
namespace {

std::uint32_t BigEndian(absl::string_view bytes) {
  std::uint32_t value = 0;
  for (char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

std::uint16_t ZoneOfAddress(absl::string_view address) {
  if (address.size() == 4) return static_cast<std::uint16_t>(BigEndian(address.substr(0, 2)));
  if (address.size() != 16) return 0;
  // Fibonacci hashing: the high bits of the product depend on all bits of the prefix.
  const std::uint32_t hash = BigEndian(address.substr(0, 4)) * 2654435769u;
  return static_cast<std::uint16_t>(std::max(hash >> 16, 1u));
}

}  // namespace shoal::membership
