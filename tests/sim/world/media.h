// The stream that is watched: what is listed when, and how long each segment is.
//
// Live, segment s is listed once its last picture was taken; there was a full window at the start.
// VOD lists all from the start on. Renditions have the same numbering. Everything follows from the
// scenario and its seed, so nothing is stored.
//
// Threads: a value; const calls from any thread.
#ifndef SHOAL_TESTS_SIM_WORLD_MEDIA_H_
#define SHOAL_TESTS_SIM_WORLD_MEDIA_H_

#include <cstdint>
#include <vector>

#include "client/core/events.h"
#include "common/base/ids.h"
#include "common/time/time.h"
#include "tests/sim/scenario.h"

namespace shoal::sim {

// The segments [first, limit) of a media playlist.
struct Listing {
  std::uint64_t first = 0;
  std::uint64_t limit = 0;
  bool ended = false;

  std::uint64_t size() const { return limit - first; }
  bool Lists(std::uint64_t sequence) const { return first <= sequence && sequence < limit; }
};

class Media {
 public:
  // Number of the first segment that is listed for the first time in the simulation (live).
  static constexpr std::uint64_t kFirst = 1000;

  explicit Media(const Scenario& scenario);

  bool live() const { return stream_.vod_segments == 0; }
  std::uint32_t renditions() const { return static_cast<std::uint32_t>(stream_.renditions.size()); }
  double bytes_per_second(std::uint32_t rendition) const {
    return stream_.renditions[rendition].bytes_per_second;
  }
  Duration segment_duration() const { return stream_.segment_duration; }

  Listing ListedAt(TimePoint time) const;
  // When the first picture of the segment was taken (live).
  TimePoint TakenAt(std::uint64_t sequence) const;

  // In bytes, at least one.
  std::uint64_t Length(std::uint32_t rendition, std::uint64_t sequence) const;
  SegmentKey Key(std::uint32_t rendition, std::uint64_t sequence) const;
  SwarmId Swarm(std::uint32_t rendition) const;

  // What a client makes of the playlist.
  core::PlaylistLoaded Loaded(core::StreamId stream, std::uint32_t rendition,
                              const Listing& listing) const;

 private:
  const Stream stream_;
  const std::uint64_t seed_;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_MEDIA_H_
