#include "tests/sim/world/agenda.h"

#include <algorithm>

namespace shoal::sim {
namespace {

constexpr std::size_t kChildren = 4;

}  // namespace

void Agenda::Add(TimePoint at, Happening what, std::uint32_t a, std::uint32_t b, std::uint64_t c) {
  const Entry entry{
      .at = std::max(at, now_), .order = ++order_, .c = c, .a = a, .b = b, .what = what};
  std::size_t hole = heap_.size();
  heap_.push_back(entry);
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / kChildren;
    if (!Before(entry, heap_[parent])) break;
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = entry;
}

bool Agenda::Take(TimePoint limit, Entry* entry) {
  if (heap_.empty() || heap_.front().at > limit) {
    now_ = std::max(now_, limit);
    return false;
  }
  *entry = heap_.front();
  now_ = entry->at;
  const Entry last = heap_.back();
  heap_.pop_back();
  const std::size_t size = heap_.size();
  if (size == 0) return true;
  std::size_t hole = 0;
  while (true) {
    const std::size_t first = hole * kChildren + 1;
    if (first >= size) break;
    const std::size_t end = std::min(first + kChildren, size);
    std::size_t best = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (Before(heap_[child], heap_[best])) best = child;
    }
    if (!Before(heap_[best], last)) break;
    heap_[hole] = heap_[best];
    hole = best;
  }
  heap_[hole] = last;
  return true;
}

}  // namespace shoal::sim
