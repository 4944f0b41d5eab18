// The calls under way, and when each has taken too long. Every call has the same time limit.
//
// Pure. Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_CALL_TABLE_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_CALL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "common/time/time.h"
#include "tests/bench/announce_load/patterns.h"

namespace shoal::bench {

class CallTable {
 public:
  using Tag = std::uint64_t;

  explicit CallTable(Duration time_limit) : time_limit_(time_limit) {}

  // A tag that no other call ever gets.
  Tag Add(const DueAnnounce& announce, TimePoint now) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Entry& entry = entries_[index];
    entry.announce = announce;
    entry.open = true;
    const Tag tag = Tag{entry.generation} << 32 | index;
    limits_.emplace_back(now + time_limit_, tag);
    return tag;
  }

  // Ends the call. nullopt: it has ended before.
  std::optional<DueAnnounce> Take(Tag tag) {
    const auto index = static_cast<std::uint32_t>(tag);
    if (index >= entries_.size()) return std::nullopt;
    Entry& entry = entries_[index];
    if (!entry.open || entry.generation != tag >> 32) return std::nullopt;
    entry.open = false;
    ++entry.generation;
    free_.push_back(index);
    return entry.announce;
  }

  // Ends a call that has taken too long, if there is one. To be called until there is none.
  std::optional<DueAnnounce> TakeExpired(TimePoint now) {
    while (!limits_.empty() && limits_.front().first <= now) {
      const Tag tag = limits_.front().second;
      limits_.pop_front();
      if (std::optional<DueAnnounce> announce = Take(tag)) return announce;
    }
    return std::nullopt;
  }

  std::size_t size() const { return entries_.size() - free_.size(); }

 private:
  struct Entry {
    DueAnnounce announce;
    std::uint32_t generation = 0;
    bool open = false;
  };

  const Duration time_limit_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::deque<std::pair<TimePoint, Tag>> limits_;  // in the order of their times
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_CALL_TABLE_H_
