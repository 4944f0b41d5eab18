#include "client/core/segment_table.h"

#include <algorithm>
#include <utility>

namespace shoal::core {

std::vector<std::uint64_t> SegmentTable::Contradicted(const PlaylistLoaded& playlist) const {
  const std::uint64_t limit = playlist.first_sequence + playlist.segments.size();
  // Caches in front of an origin may serve an older playlist for a moment, so going back a little
  // is no new beginning as long as the segments agree.
  const bool restarted = loaded_ && limit < first_;
  std::vector<std::uint64_t> out;
  for (const auto& [sequence, segment] : segments_) {
    const bool listed = sequence >= playlist.first_sequence && sequence < limit;
    if (restarted ||
        (listed && playlist.segments[sequence - playlist.first_sequence].key != segment.key)) {
      out.push_back(sequence);
    }
  }
  // The same key under another number: a publisher that reuses names. The old bytes are not the
  // new.
  for (std::size_t i = 0; i < playlist.segments.size(); ++i) {
    const auto known = by_key_.find(playlist.segments[i].key);
    if (known != by_key_.end() && known->second != playlist.first_sequence + i) {
      out.push_back(known->second);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool SegmentTable::Merge(const PlaylistLoaded& playlist) {
  const std::uint64_t limit = playlist.first_sequence + playlist.segments.size();
  const bool changed = !loaded_ || limit != limit_ || playlist.ended != ended_;
  first_ = playlist.first_sequence;
  limit_ = limit;
  ended_ = playlist.ended;
  loaded_ = true;
  target_duration_ = std::clamp(playlist.target_duration, Milliseconds(200), Seconds(60));
  std::vector<std::uint64_t> gone;
  for (auto& [sequence, segment] : segments_) {
    segment.listed = sequence >= first_ && sequence < limit_;
    // What is neither listed nor held needs no memory.
    if (!segment.listed && !segment.entered) gone.push_back(sequence);
  }
  for (std::uint64_t sequence : gone) Erase(sequence);
  for (std::size_t i = 0; i < playlist.segments.size(); ++i) {
    const ListedSegment& listed = playlist.segments[i];
    const std::uint64_t sequence = first_ + i;
    const auto [it, added] = segments_.try_emplace(sequence, sequence, listed);
    if (!added) continue;
    by_key_[listed.key] = sequence;
    recent_.fill({});
    if (listed.length > 0) it->second.SetLength(listed.length, LengthSource::kCdn);
  }
  return changed;
}

Segment* SegmentTable::Find(std::uint64_t sequence) {
  return const_cast<Segment*>(std::as_const(*this).Find(sequence));
}

const Segment* SegmentTable::Find(std::uint64_t sequence) const {
  if (segments_.empty()) return nullptr;
  // There is hardly ever a gap between the first and this one.
  const std::uint64_t guess = sequence - segments_.KeyAt(0);
  if (const Segment* segment = segments_.Probe(guess, sequence)) return segment;
  const auto it = segments_.find(sequence);
  return it == segments_.end() ? nullptr : &it->second;
}

Segment* SegmentTable::FindKey(const SegmentKey& key) {
  for (const Recent& recent : recent_) {
    if (recent.segment != nullptr && recent.key == key) return recent.segment;
  }
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return nullptr;
  Segment* segment = Find(it->second);
  recent_[next_recent_++ % kRecent] = {key, segment};
  return segment;
}

void SegmentTable::AssumeLength(Segment& segment) const {
  if (segment.length_source != LengthSource::kNone) return;
  for (auto it = segments_.find(segment.sequence); it != segments_.begin();) {
    const Segment& before = (--it)->second;
    if (!before.length_known() || before.duration <= Duration::zero()) continue;
    const double scale = ToSeconds(segment.duration) / ToSeconds(before.duration);
    const double length = static_cast<double>(before.length) * scale;
    segment.SetLength(static_cast<std::uint64_t>(std::clamp(length, 1.0, 1e9)),
                      LengthSource::kAssumed);
    return;
  }
}

void SegmentTable::Erase(std::uint64_t sequence) {
  const auto it = segments_.find(sequence);
  if (it == segments_.end()) return;
  recent_.fill({});
  const auto key = by_key_.find(it->second.key);
  if (key != by_key_.end() && key->second == sequence) by_key_.erase(key);
  segments_.erase(it);
}

Duration SegmentTable::MediaBetween(std::uint64_t from, std::uint64_t to) const {
  Duration sum{};
  for (auto it = segments_.lower_bound(from); it != segments_.end() && it->first < to; ++it) {
    sum += it->second.duration;
  }
  return sum;
}

}  // namespace shoal::core
