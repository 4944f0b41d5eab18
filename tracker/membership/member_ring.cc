#include "tracker/membership/member_ring.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace shoal::membership {
namespace {

// The room that `count` entries are given, and one more. Few sizes, so that what one page gives
// back another can use; those above half a page are the ones that jemalloc knows, too.
std::uint32_t CapacityFor(std::uint32_t count) {
  constexpr std::uint32_t kFineFrom = 64;
  constexpr std::uint32_t kStep = 16;
  if (count < kFineFrom) return std::max(std::bit_ceil(count + 1), 4u);
  return (count + kStep) / kStep * kStep;
}

}  // namespace

void MemberRing::Resize(Page& page, std::uint32_t capacity) {
  capacity = std::min(capacity, kPageSizeMax);
  auto entries = std::make_unique<Entry[]>(capacity);
  std::copy_n(page.entries.get(), page.count, entries.get());
  page.entries = std::move(entries);
  page.capacity = static_cast<std::uint16_t>(capacity);
}

MemberRing::Position MemberRing::LowerBound(Place place) const {
  const auto next = std::lower_bound(pages_.begin(), pages_.end(), place,
                                     [](const Page& page, Place p) { return page.first < p; });
  const auto number = static_cast<std::uint32_t>(next - pages_.begin());
  if (number == 0) return {0, 0};
  const Page& page = pages_[number - 1];
  const Entry* begin = page.entries.get();
  const Entry* found = std::lower_bound(begin, begin + page.count, place,
                                        [](const Entry& e, Place p) { return e.place < p; });
  if (found == begin + page.count) return {number, 0};
  return {number - 1, static_cast<std::uint32_t>(found - begin)};
}

MemberRing::Position MemberRing::UpperBound(Place place) const {
  const auto next = std::upper_bound(pages_.begin(), pages_.end(), place,
                                     [](Place p, const Page& page) { return p < page.first; });
  const auto number = static_cast<std::uint32_t>(next - pages_.begin());
  if (number == 0) return {0, 0};
  const Page& page = pages_[number - 1];
  const Entry* begin = page.entries.get();
  const Entry* found = std::upper_bound(begin, begin + page.count, place,
                                        [](Place p, const Entry& e) { return p < e.place; });
  if (found == begin + page.count) return {number, 0};
  return {number - 1, static_cast<std::uint32_t>(found - begin)};
}

MemberRing::Position MemberRing::PositionOf(Place place, Slot slot) const {
  Position at = LowerBound(place);
  while (at != End() && At(at).place == place && At(at).slot != slot) at = After(at);
  return at;
}

MemberRing::Position MemberRing::After(Position at) const {
  if (at.index + 1 < pages_[at.page].count) return {at.page, at.index + 1};
  return {at.page + 1, 0};
}

MemberRing::Position MemberRing::Before(Position at) const {
  if (at.index > 0) return {at.page, at.index - 1};
  return {at.page - 1, pages_[at.page - 1].count - 1u};
}

void MemberRing::Insert(Place place, Slot slot) {
  ++size_;
  if (pages_.empty()) pages_.push_back({place, 0, 0, nullptr});
  Position at = PlaceToInsert(place);
  if (pages_[at.page].count == kPageSizeMax) {
    MakeRoom(at.page);
    at = PlaceToInsert(place);
  }
  Page& page = pages_[at.page];
  if (page.count == page.capacity) Resize(page, CapacityFor(page.count));
  Entry* entries = page.entries.get();
  std::copy_backward(entries + at.index, entries + page.count, entries + page.count + 1);
  entries[at.index] = {place, slot};
  ++page.count;
  page.first = entries[0].place;
}

MemberRing::Position MemberRing::PlaceToInsert(Place place) const {
  const Position at = UpperBound(place);
  if (at.index > 0 || at.page == 0) return at;
  return {at.page - 1, pages_[at.page - 1].count};
}

// A page that is full gives half of what it can to one beside it, and is split only if both of them
// are nearly full: so pages are five sixths full where splitting alone makes them two thirds.
void MemberRing::MakeRoom(std::uint32_t number) {
  const auto has_room = [this](std::uint32_t other) {
    return other < pages_.size() && pages_[other].count <= kPageSizeMax - kRoomMin;
  };
  if (has_room(number + 1)) {
    MoveToNext(number, (kPageSizeMax - pages_[number + 1].count) / 2u);
  } else if (number > 0 && has_room(number - 1)) {
    MoveToLast(number, (kPageSizeMax - pages_[number - 1].count) / 2u);
  } else {
    pages_.insert(pages_.begin() + number + 1, Page{0, 0, 0, nullptr});
    MoveToNext(number, kPageSizeMax / 2);
    Resize(pages_[number], CapacityFor(pages_[number].count));
  }
}

void MemberRing::MoveToNext(std::uint32_t number, std::uint32_t moved) {
  Page& from = pages_[number];
  Page& to = pages_[number + 1];
  if (to.count + moved >= to.capacity) Resize(to, CapacityFor(to.count + moved));
  Entry* entries = to.entries.get();
  std::copy_backward(entries, entries + to.count, entries + to.count + moved);
  std::copy_n(from.entries.get() + from.count - moved, moved, entries);
  from.count = static_cast<std::uint16_t>(from.count - moved);
  to.count = static_cast<std::uint16_t>(to.count + moved);
  to.first = entries[0].place;
}

void MemberRing::MoveToLast(std::uint32_t number, std::uint32_t moved) {
  Page& from = pages_[number];
  Page& to = pages_[number - 1];
  if (to.count + moved >= to.capacity) Resize(to, CapacityFor(to.count + moved));
  Entry* entries = from.entries.get();
  std::copy_n(entries, moved, to.entries.get() + to.count);
  std::copy(entries + moved, entries + from.count, entries);
  from.count = static_cast<std::uint16_t>(from.count - moved);
  to.count = static_cast<std::uint16_t>(to.count + moved);
  from.first = entries[0].place;
}

void MemberRing::Erase(Place place, Slot slot) {
  const Position at = PositionOf(place, slot);
  Page& page = pages_[at.page];
  Entry* entries = page.entries.get();
  std::copy(entries + at.index + 1, entries + page.count, entries + at.index);
  --size_;
  if (--page.count == 0) {
    pages_.erase(pages_.begin() + at.page);
    return;
  }
  page.first = entries[0].place;
  if (page.count < page.capacity / 4) Resize(page, CapacityFor(page.count));
}

Slot MemberRing::Find(Place place, absl::FunctionRef<bool(Slot)> is) const {
  const Position end = End();
  for (Position at = LowerBound(place); at != end && At(at).place == place; at = After(at)) {
    if (is(At(at).slot)) return At(at).slot;
  }
  return kNoSlot;
}

void MemberRing::VisitAll(absl::FunctionRef<void(Slot)> visit) const {
  for (const Page& page : pages_) {
    for (std::uint32_t i = 0; i < page.count; ++i) visit(page.entries[i].slot);
  }
}

MemberRing::Walk::Walk(const MemberRing& ring, Place from, Slot self, Range range)
    : ring_(ring),
      begin_(ring.LowerBound(range.first)),
      end_(ring.UpperBound(range.last)),
      forward_(ring.LowerBound(from)),
      done_(begin_ == end_) {
  if (done_) return;
  for (Position at = forward_; at != end_ && ring.At(at).place == from; at = ring.After(at)) {
    if (ring.At(at).slot == self) forward_ = at;
  }
  if (forward_ == end_) forward_ = begin_;
  backward_ = forward_;
}

Slot MemberRing::Walk::Next() {
  if (done_) return kNoSlot;
  Position visited;
  if (goes_forward_) {
    visited = forward_;
    forward_ = ring_.After(forward_);
    if (forward_ == end_) forward_ = begin_;
  } else {
    backward_ = ring_.Before(backward_ == begin_ ? end_ : backward_);
    visited = backward_;
  }
  goes_forward_ = !goes_forward_;
  done_ = forward_ == backward_;
  return ring_.At(visited).slot;
}

}  // namespace shoal::membership
