// What the core counts, for status, metrics and the simulator. Plain numbers; all only grow unless
// they say otherwise.
// Threads: values.
#ifndef SHOAL_CLIENT_CORE_FIGURES_H_
#define SHOAL_CLIENT_CORE_FIGURES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/core/types.h"
#include "common/base/ids.h"
#include "common/base/upload_class.h"
#include "common/time/time.h"

namespace shoal::core {

// Why missing pieces were taken from the CDN although peers might have had them.
enum class HandoffReason : std::uint8_t {
  kStart,      // a playback's first segment, raced
  kDeadline,   // the time left no longer allowed waiting
  kRequest,    // HandoffMode::kRequest
  kHoldLimit,  // the player would have given up waiting for its first byte
  kNoPeers,    // nobody to wait for
};
inline constexpr std::size_t kHandoffReasons = 5;
inline constexpr std::array<const char*, kHandoffReasons> kHandoffReasonNames = {
    "start", "deadline", "request", "hold_limit", "no_peers"};

struct StreamFigures {
  StreamId stream = 0;
  SwarmId swarm;
  bool active = false;              // now: a player asks for it
  std::uint32_t swarm_size = 0;     // now: as the tracker last said
  std::uint32_t members_known = 0;  // now
  std::uint32_t links = 0;          // now

  std::uint64_t bytes_from_cdn = 0;
  std::uint64_t bytes_from_peers = 0;
  std::uint64_t bytes_wasted = 0;      // received twice, or of no use
  std::uint64_t bytes_to_players = 0;  // of segments completely served
  std::uint64_t segments_to_players = 0;
  std::uint64_t pieces_from_cdn = 0;
  std::uint64_t pieces_from_peers = 0;  // whose last byte came from a peer
  std::uint64_t pieces_seeded = 0;      // fetched from the CDN for the swarm by assignment
  std::array<std::uint64_t, kHandoffReasons> handoffs{};  // pieces, by reason
  std::uint64_t cdn_requests = 0;
  std::uint64_t cdn_errors = 0;
  std::uint64_t pulls = 0;
  std::uint64_t pulls_timed_out = 0;
  std::uint64_t rejects_received = 0;
  std::uint64_t rejects_sent = 0;
  std::uint64_t links_opened = 0;
  std::uint64_t links_failed = 0;   // dials that failed and links that broke
  std::uint64_t misbehaviours = 0;  // links closed because the peer broke the protocol
  std::uint64_t stalls = 0;         // as the playhead estimate sees them
  Duration stalled{};
  Duration startup{};         // first request for a segment to its last byte served
  double late_share = 0;      // now: moving average of pieces handed off late (the l of R0)
  double lottery_radius = 0;  // now: R0
};

struct CoreFigures {
  double upload_bytes_per_second = 0;         // now: own upload as measured; 0 while not known
  UploadClass upload_class = kUploadUnknown;  // now
  double cdn_bytes_per_second = 0;            // now: rate estimate
  Duration cdn_time_to_first_byte{};          // now: mean
  std::uint64_t cache_bytes = 0;              // now: bytes held
  std::uint64_t bytes_to_peers = 0;           // acknowledged by them
  std::uint64_t announces = 0;
  std::uint64_t announces_failed = 0;
  std::vector<StreamFigures> streams;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_FIGURES_H_
