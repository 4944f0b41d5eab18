#include "tests/sim/world/agenda.h"

#include <algorithm>

namespace shoal::sim {
namespace {

bool Earlier(const Agenda::Entry& x, const Agenda::Entry& y) { return x.at < y.at; }

}  // namespace

Agenda::Agenda() : ring_(kSlots, kNone) {}

std::uint32_t Agenda::NewNode(const Entry& entry) {
  std::uint32_t node = free_;
  if (node == kNone) {
    node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    free_ = nodes_[node].next;
  }
  nodes_[node].entry = entry;
  return node;
}

void Agenda::Add(TimePoint at, Happening what, std::uint32_t a, std::uint32_t b, std::uint64_t c) {
  const Entry entry{.at = std::max(at, now_), .c = c, .a = a, .b = b, .what = what};
  const std::int64_t slot = SlotOf(entry.at);
  ++size_;
  if (slot <= slot_) {
    // Behind those of the same time: they were added before.
    const auto begin = current_.begin() + static_cast<std::ptrdiff_t>(next_);
    current_.insert(std::upper_bound(begin, current_.end(), entry, Earlier), entry);
    return;
  }
  const std::uint32_t node = NewNode(entry);
  const bool this_turn = TurnOf(slot) == TurnOf(slot_);
  std::uint32_t& last =
      this_turn ? ListOf(slot) : later_.try_emplace(TurnOf(slot), kNone).first->second;
  in_ring_ += this_turn ? 1 : 0;
  nodes_[node].next = last;
  last = node;
}

void Agenda::BeginTurn(std::int64_t turn) {
  const auto found = later_.find(turn);
  // Back into the order in which they were added.
  std::uint32_t first = kNone;
  for (std::uint32_t node = found->second; node != kNone;) {
    const std::uint32_t before = nodes_[node].next;
    nodes_[node].next = first;
    first = node;
    node = before;
  }
  later_.erase(found);
  while (first != kNone) {
    const std::uint32_t node = first;
    first = nodes_[node].next;
    std::uint32_t& last = ListOf(SlotOf(nodes_[node].entry.at));
    nodes_[node].next = last;
    last = node;
    ++in_ring_;
  }
  slot_ = (turn << kRingBits) - 1;
}

void Agenda::Advance() {
  current_.clear();
  next_ = 0;
  if (in_ring_ == 0) BeginTurn(later_.begin()->first);
  do {
    ++slot_;
  } while (ListOf(slot_) == kNone);
  std::uint32_t& list = ListOf(slot_);
  while (list != kNone) {
    const std::uint32_t node = list;
    list = nodes_[node].next;
    current_.push_back(nodes_[node].entry);
    nodes_[node].next = free_;
    free_ = node;
  }
  in_ring_ -= current_.size();
  std::reverse(current_.begin(), current_.end());
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
