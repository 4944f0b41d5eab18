// What happens when, for hundreds of millions of happenings: a ring of slots of a millisecond or so.
//
// Within a slot things come out in the order in which they went in, not of their times, which saves
// sorting them: time may step back by less than a slot. Memory is that of the most that ever waited
// at once. Cost: O(1) each way. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_WHEEL_H_
#define SHOAL_TESTS_SIM_REDUCED_WHEEL_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
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
  kTell,         // link: whom
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
  static constexpr int kSlotBits = 10;              // 1.024 ms
  static constexpr std::uint32_t kSlots = 1 << 14;  // 16.8 s, further than anything plans ahead

  // What lies in the past happens as soon as it can. REQUIRES: less than kSlots ahead.
  void Add(const Event& event) {
    const std::uint32_t number = std::max(event.at >> kSlotBits, slot_);
    Slot& slot = slots_[number % kSlots];
    if (slot.last == kNone || blocks_[slot.last].size == kBlockSize) Extend(slot);
    Block& block = blocks_[slot.last];
    block.events[block.size++] = event;
    ++size_;
  }

  // Takes the next event before `limit`; false: there is none.
  bool Take(Micros limit, Event* event) {
    soon_ = nullptr;
    while (size_ > 0 && slot_ < limit >> kSlotBits) {
      Slot& slot = slots_[slot_ % kSlots];
      if (slot.first == kNone) {
        ++slot_;
        continue;
      }
      Block& block = blocks_[slot.first];
      if (slot.taken == block.size) {
        const std::uint32_t done = slot.first;
        slot.first = block.next;
        slot.taken = 0;
        if (slot.first == kNone) slot.last = kNone;
        free_.push_back(done);
        continue;
      }
      if (slot.taken + kAhead < block.size) soon_ = &block.events[slot.taken + kAhead];
      *event = block.events[slot.taken++];
      --size_;
      return true;
    }
    return false;
  }

  // One that will come up some events later, if it is known: what it needs can be fetched meanwhile.
  // As of the last Take; nullptr: none.
  const Event* soon() const { return soon_; }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint32_t kBlockSize = 64;
  static constexpr std::uint32_t kAhead = 6;

  struct Block {
    std::array<Event, kBlockSize> events;
    std::uint32_t size = 0;
    std::uint32_t next = kNone;
  };
  struct Slot {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    std::uint32_t taken = 0;  // of the first block
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

  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
  std::deque<Block> blocks_;  // never moved
  std::vector<std::uint32_t> free_;
  std::uint32_t slot_ = 0;
  const Event* soon_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_WHEEL_H_
