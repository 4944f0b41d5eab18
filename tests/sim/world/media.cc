#include "tests/sim/world/media.h"

#include <algorithm>
#include <cstring>

#include "tests/sim/world/mix.h"

namespace shoal::sim {
namespace {

template <typename Id>
Id IdOf(std::uint64_t x, std::uint64_t y) {
  static_assert(Id::kSize % 8 == 0);
  char bytes[Id::kSize];
  for (std::size_t i = 0; i < Id::kSize; ++i) {
    bytes[i] = static_cast<char>(Mix(x, y, i / 8) >> (8 * (i % 8)));
  }
  return *Id::FromBytes({bytes, Id::kSize});
}

}  // namespace

Media::Media(const Scenario& scenario)
    : stream_(scenario.stream), seed_(Mix(scenario.seed, 0x6d65646961)) {}

Listing Media::ListedAt(TimePoint time) const {
  if (!live()) return {.first = 0, .limit = stream_.vod_segments, .ended = true};
  const auto complete =
      static_cast<std::uint64_t>(time.time_since_epoch() / stream_.segment_duration);
  const std::uint64_t limit = kFirst + complete;
  return {.first = limit - std::min<std::uint64_t>(stream_.listed_segments, limit), .limit = limit};
}

TimePoint Media::TakenAt(std::uint64_t sequence) const {
  const std::int64_t behind_start =
      static_cast<std::int64_t>(sequence) - static_cast<std::int64_t>(kFirst);
  return TimePoint(stream_.segment_duration * behind_start);
}

std::uint64_t Media::Length(std::uint32_t rendition, std::uint64_t sequence) const {
  const double mean =
      stream_.renditions[rendition].bytes_per_second * ToSeconds(stream_.segment_duration);
  const double off = 2 * ToUnit(Mix(seed_, 1 + rendition, sequence)) - 1;
  return static_cast<std::uint64_t>(std::max(1.0, mean * (1 + stream_.size_jitter * off)));
}

SegmentKey Media::Key(std::uint32_t rendition, std::uint64_t sequence) const {
  return IdOf<SegmentKey>(Mix(seed_, 0x6b6579, rendition), sequence);
}

SwarmId Media::Swarm(std::uint32_t rendition) const {
  return IdOf<SwarmId>(Mix(seed_, 0x737761726d), rendition);
}

core::PlaylistLoaded Media::Loaded(core::StreamId stream, std::uint32_t rendition,
                                   const Listing& listing) const {
  core::PlaylistLoaded loaded{.stream = stream,
                              .first_sequence = listing.first,
                              .target_duration = stream_.segment_duration,
                              .ended = listing.ended,
                              .segments = {}};
  loaded.segments.reserve(listing.size());
  for (std::uint64_t s = listing.first; s < listing.limit; ++s) {
    loaded.segments.push_back({.key = Key(rendition, s), .duration = stream_.segment_duration});
  }
  return loaded;
}

}  // namespace shoal::sim
