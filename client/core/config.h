// The core's settings. Each says what it does, its unit, and when to touch it.
#ifndef SHOAL_CLIENT_CORE_CONFIG_H_
#define SHOAL_CLIENT_CORE_CONFIG_H_

#include <cstdint>
#include <optional>

#include "common/time/time.h"

namespace shoal::core {

enum class AssignmentKind : std::uint8_t {
  kLottery,  // the capacity-weighted lottery: the default
  kRatio,    // a list of pieces per client, adapted by what was obtained, sent and handed off
  kOff,      // plain CDN: a good caching proxy, no links, no announces
};

// As the option --assignment names it.
constexpr const char* NameOf(AssignmentKind kind) {
  switch (kind) {
    case AssignmentKind::kLottery:
      return "lottery";
    case AssignmentKind::kRatio:
      return "ratio";
    case AssignmentKind::kOff:
      return "off";
  }
  return "";
}

enum class HandoffMode : std::uint8_t {
  kDeadline,  // take what is missing from the CDN at the last safe moment: the default
  kRequest,   // take it the moment the player asks
};

struct CoreConfig {
  AssignmentKind assignment = AssignmentKind::kLottery;
  HandoffMode handoff = HandoffMode::kDeadline;

  // Whether there is a tracker to announce to. Without one the client is alone, unless dialled.
  bool has_tracker = true;

  // Bytes of segments held at most. At least a few segments; a quarter of it bounds the largest
  // segment that is shared.
  std::uint64_t cache_bytes = 20u << 20;

  // The owner's cap on upload, in bytes per second over all links; nullopt: none. 0: never upload.
  std::optional<std::uint64_t> max_upload_bytes_per_second;

  // Links per swarm to strive for, of a client that uploads no more than others: see Mesh.
  std::uint32_t links = 16;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_CONFIG_H_
