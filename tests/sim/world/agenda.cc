#include "tests/sim/world/agenda.h"

#include <algorithm>

namespace shoal::sim {
namespace {

bool Earlier(const Agenda::Entry& x, const Agenda::Entry& y) { return x.at < y.at; }

}  // namespace

Agenda::Agenda() : ring_(kSlots, kNone) {}

void Agenda::Append(std::uint32_t& list, const Entry& entry) {
  if (list == kNone || blocks_[list].size == Block::kRoom) {
    std::uint32_t block = free_;
    if (block == kNone) {
      block = static_cast<std::uint32_t>(blocks_.size());
      blocks_.emplace_back();
    } else {
      free_ = blocks_[block].next;
    }
    blocks_[block].size = 0;
    blocks_[block].next = list;
    list = block;
  }
  Block& last = blocks_[list];
  last.entries[last.size++] = entry;
}

void Agenda::Collect(std::uint32_t& list, std::vector<Entry>& out) {
  while (list != kNone) {
    Block& block = blocks_[list];
    for (std::uint32_t i = block.size; i > 0; --i) out.push_back(block.entries[i - 1]);
    const std::uint32_t done = list;
    list = block.next;
    block.next = free_;
    free_ = done;
  }
  std::reverse(out.begin(), out.end());
}

void Agenda::Add(TimePoint at, Happening what, std::uint32_t a, std::uint32_t b, std::uint64_t c) {
  const Entry entry{.at = std::max(at, now_), .c = c, .a = a, .b = b, .what = what};
  const std::int64_t slot = SlotOf(entry.at);
  ++size_;
  if (slot <= slot_) {
    // Behind those of the same time: they were added before.
    const auto begin = current_.begin() + static_cast<std::ptrdiff_t>(next_);
    current_.insert(std::upper_bound(begin, current_.end(), entry, Earlier), entry);
  } else if (TurnOf(slot) == TurnOf(slot_)) {
    Append(ListOf(slot), entry);
    ++in_ring_;
  } else {
    Append(later_.try_emplace(TurnOf(slot), kNone).first->second, entry);
  }
}

void Agenda::BeginTurn() {
  const auto turn = later_.begin();
  std::vector<Entry> entries;
  Collect(turn->second, entries);
  slot_ = (turn->first << kRingBits) - 1;
  later_.erase(turn);
  for (const Entry& entry : entries) Append(ListOf(SlotOf(entry.at)), entry);
  in_ring_ = entries.size();
}

void Agenda::Advance() {
  current_.clear();
  next_ = 0;
  if (in_ring_ == 0) BeginTurn();
  do {
    ++slot_;
  } while (ListOf(slot_) == kNone);
  Collect(ListOf(slot_), current_);
  in_ring_ -= current_.size();
  std::stable_sort(current_.begin(), current_.end(), Earlier);
}

bool Agenda::Take(TimePoint limit, Entry* entry) {
  if (next_ == current_.size() && size_ > 0) Advance();
  if (size_ == 0 || current_[next_].at > limit) {
    now_ = std::max(now_, limit);
    return false;
  }
  *entry = current_[next_++];
  now_ = entry->at;
  --size_;
  return true;
}

}  // namespace shoal::sim
