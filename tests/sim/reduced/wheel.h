// What happens when, for billions of happenings: a ring of slots of four milliseconds or so.
//
// Within a slot all that concerns one viewer comes out before what concerns the next, in the order of
// their numbers, and for each in the order of times: so the memory of a viewer is fetched once for all
// of it, and that of the next one is known before. Time may step back by less than a slot from one
// viewer to the next. That changes nothing between them as long as nothing gets from one to another
// within a slot: slots are shorter than the least latency. What is added to the slot that is going on
// comes after all of it, in the same way.
//
// Memory is that of the most that ever waited at once. Cost: O(1) to add; to take, comparisons with
// some of the few hundred that are put in order at a time. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_WHEEL_H_
#define SHOAL_TESTS_SIM_REDUCED_WHEEL_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace shoal::sim::reduced {

// Microseconds since the start of the simulation: an hour at most.
using Micros = std::uint32_t;

enum class Kind : std::uint8_t {
  kListed,       // mask: sequence. The publisher lists a segment
  kPlayerLoads,  // the playlist, now and every target duration
  kPoll,         // a client may have to. mask: when it was set
  kHeard,        // link: of segments from whom, mask: how many it knows
  kTurn,         // of a piece to be seeded; or what held that back is over
  kLook,         // for something to do. mask: 0, or when a busy peer may be asked again
  kTell,         // those whose time it is. mask: that time
  kNews,         // link: from whom, mask: pieces of which it says, count: what (PieceState)
  kGossip,       // likewise, that somebody has them, count: how long ago, in units of 50 ms
  kPull,         // link: who asks, piece, pull, count: chunks that it has
  kReject,       // mask: to stay away for so long, in microseconds; 0: not held
  kCancel,       // link, piece, pull
  kChunk,        // link, piece, pull, count: the first, mask: how many
  kAck,          // mask: bytes
  kCheck,        // piece, pull: whether it gets on
  kHandoff,      // piece: the segment's first
};

struct Event {
  Micros at = 0;
  std::uint32_t viewer = 0;
  std::uint64_t mask = 0;
  Kind kind = Kind::kListed;
  std::uint8_t link = 0;
  std::uint8_t piece = 0;
  std::uint8_t pull = 0;
  std::uint8_t count = 0;
};

class Wheel {
 public:
  static constexpr int kSlotBits = 12;              // 4.096 ms
  static constexpr std::uint32_t kSlots = 1 << 12;  // 16.8 s, further than anything plans ahead
  static constexpr std::uint32_t kViewersMax = 1 << 24;

  // What lies in the past happens as soon as it can. REQUIRES: less than kSlots ahead, and
  // event.viewer < kViewersMax.
  void Add(const Event& event) {
    const std::uint32_t number = std::max(event.at >> kSlotBits, slot_);
    Slot& slot = slots_[number % kSlots];
    if (slot.last == kNone || blocks_[slot.last].size == kBlockSize) Extend(slot);
    Block& block = blocks_[slot.last];
    block.events[block.size++] = event;
    ++size_;
  }

  // Takes the next event, of a slot that ends by `limit`; false: there is none.
  bool Take(Micros limit, Event* event) {
    if (next_ == order_.size() && !NextPart() && !Gather(limit)) return false;
    *event = current_[order_[next_++] & kPlaceMask];
    --size_;
    return true;
  }

  // The one that comes up so many events after the one taken last, if it is known: what it needs can
  // be fetched meanwhile. nullptr: it is not.
  const Event* Soon(std::size_t ahead) const {
    const std::size_t place = next_ - 1 + ahead;
    return place < order_.size() ? &current_[order_[place] & kPlaceMask] : nullptr;
  }

  // When the slot begins that is going on.
  Micros slot_begin() const { return slot_ << kSlotBits; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint32_t kBlockSize = 64;
  // Events of a slot are put in order by viewer, time within the slot, and their place in current_.
  static constexpr int kPlaceBits = 28;
  static constexpr std::uint64_t kPlaceMask = (std::uint64_t{1} << kPlaceBits) - 1;
  static constexpr int kViewerShift = kPlaceBits + kSlotBits;
  // A slot is parted so that of about so many events each can be sorted at a time.
  static constexpr std::uint32_t kPartSize = 512;
  static constexpr std::uint32_t kPartsMax = 1024;

  struct Block {
    std::array<Event, kBlockSize> events;
    std::uint32_t size = 0;
    std::uint32_t next = kNone;
  };
  struct Slot {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
  };

  void Extend(Slot& slot) {
    std::uint32_t fresh = static_cast<std::uint32_t>(blocks_.size());
    if (free_.empty()) {
      blocks_.emplace_back();
    } else {
      fresh = free_.back();
      free_.pop_back();
      blocks_[fresh].size = 0;
      blocks_[fresh].next = kNone;
    }
    if (slot.last == kNone) {
      slot.first = fresh;
    } else {
      blocks_[slot.last].next = fresh;
    }
    slot.last = fresh;
  }

  // Takes what the next slot holds; false: there is nothing before `limit`.
  bool Gather(Micros limit) {
    for (; size_ > 0 && slot_ < limit >> kSlotBits; ++slot_) {
      Slot& slot = slots_[slot_ % kSlots];
      if (slot.first == kNone) continue;
      Part(slot);
      for (std::uint32_t i = slot.first; i != kNone; i = blocks_[i].next) free_.push_back(i);
      slot = Slot{};
      return NextPart();
    }
    return false;
  }

  template <typename Visit>
  void ForEachIn(const Slot& slot, Visit visit) const {
    for (std::uint32_t i = slot.first; i != kNone; i = blocks_[i].next) {
      const Block& block = blocks_[i];
      for (std::uint32_t j = 0; j < block.size; ++j) visit(block.events[j]);
    }
  }

  // Moves what is in the slot to current_, parted by ranges of viewers: a part is so small that it
  // stays in the caches while it is put in order and taken.
  void Part(const Slot& slot) {
    std::uint32_t viewer_max = 0;
    std::uint32_t count = 0;
    ForEachIn(slot, [&](const Event& event) {
      viewer_max = std::max(viewer_max, event.viewer);
      ++count;
    });
    const std::uint32_t parts = std::clamp<std::uint32_t>(count / kPartSize, 1, kPartsMax);
    int shift = 0;
    while (viewer_max >> shift >= parts) ++shift;
    ends_.assign((viewer_max >> shift) + 1, 0);
    ForEachIn(slot, [&](const Event& event) { ++ends_[event.viewer >> shift]; });
    std::uint32_t begin = 0;
    for (std::uint32_t& end : ends_) begin += std::exchange(end, begin);
    current_.resize(count);
    ForEachIn(slot, [&](const Event& event) { current_[ends_[event.viewer >> shift]++] = event; });
    part_ = 0;
  }

  // Puts the next part of current_ in order; false: there is none.
  bool NextPart() {
    order_.clear();
    next_ = 0;
    const Micros slot = slot_begin();
    for (; order_.empty() && part_ < ends_.size(); ++part_) {
      const std::uint64_t begin = part_ == 0 ? 0 : ends_[part_ - 1];
      for (std::uint64_t place = begin; place < ends_[part_]; ++place) {
        const Event& event = current_[place];
        const std::uint64_t since = std::max(event.at, slot) - slot;
        order_.push_back(std::uint64_t{event.viewer} << kViewerShift | since << kPlaceBits | place);
      }
    }
    std::sort(order_.begin(), order_.end());
    return !order_.empty();
  }

  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
  std::deque<Block> blocks_;  // never moved
  std::vector<std::uint32_t> free_;
  std::uint32_t slot_ = 0;
  std::size_t size_ = 0;
  // Of slot_: what was in it when it was gathered, by parts; where each ends; the next one; and in
  // which order that comes which is going on.
  std::vector<Event> current_;
  std::vector<std::uint32_t> ends_;
  std::size_t part_ = 0;
  std::vector<std::uint64_t> order_;
  std::size_t next_ = 0;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_WHEEL_H_
