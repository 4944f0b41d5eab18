// The segments of one stream, by media sequence number: what the playlist listed, and what is still
// held of what it listed before.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_SEGMENT_TABLE_H_
#define SHOAL_CLIENT_CORE_SEGMENT_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "client/core/events.h"
#include "client/core/ordered_table.h"
#include "client/core/segment.h"

namespace shoal::core {

class SegmentTable {
 public:
  using Map = OrderedTable<std::uint64_t, Segment>;

  // Takes over the playlist. A sequence that runs backwards, or a number that now means another
  // segment, discards what was held under it: the publisher started anew.
  // `discard` is called for each such segment before it is forgotten. Returns whether the playlist
  // changed: segments were added, or it ended.
  template <typename Discard>
  bool Update(const PlaylistLoaded& playlist, Discard discard) {
    for (std::uint64_t sequence : Contradicted(playlist)) {
      discard(segments_.find(sequence)->second);
      Erase(sequence);
    }
    return Merge(playlist);
  }

  Segment* Find(std::uint64_t sequence);
  const Segment* Find(std::uint64_t sequence) const;
  // Peers speak of the same few segments again and again; those are found at once.
  Segment* FindKey(const SegmentKey& key);

  // Gives the segment a length to work with until somebody knows: that of the nearest segment
  // before it whose length is known, scaled by duration. Does nothing when no length is known at
  // all.
  void AssumeLength(Segment& segment) const;

  // Forgets a segment.
  void Erase(std::uint64_t sequence);

  // Ordered by sequence.
  Map& segments() { return segments_; }
  const Map& segments() const { return segments_; }
  // Sequence numbers of the newest playlist: [first, limit).
  std::uint64_t first() const { return first_; }
  std::uint64_t limit() const { return limit_; }
  bool ended() const { return ended_; }
  Duration target_duration() const { return target_duration_; }
  bool loaded() const { return loaded_; }
  // Media time from the start of segment `from` to the start of `to`, as far as listed.
  Duration MediaBetween(std::uint64_t from, std::uint64_t to) const;

 private:
  std::vector<std::uint64_t> Contradicted(const PlaylistLoaded& playlist) const;
  bool Merge(const PlaylistLoaded& playlist);

  struct Recent {
    SegmentKey key;
    Segment* segment = nullptr;
  };
  static constexpr std::size_t kRecent = 4;

  Map segments_;
  std::array<Recent, kRecent> recent_;  // what FindKey found, and is still there
  std::size_t next_recent_ = 0;         // to be forgotten
  absl::flat_hash_map<SegmentKey, std::uint64_t, SegmentKeyHash> by_key_;
  std::uint64_t first_ = 0;
  std::uint64_t limit_ = 0;
  bool ended_ = false;
  bool loaded_ = false;
  Duration target_duration_ = Seconds(2);
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_SEGMENT_TABLE_H_
