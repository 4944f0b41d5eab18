// What happens when: the queue of a discrete-event simulation, and its clock.
//
// Entries are plain data; what they mean is up to whoever takes them. Those of equal times come out
// in the order in which they went in, so a run never depends on the queue's inner order.
//
// An entry cannot be taken back. Whoever may change its mind keeps a Timer, whose entries tell by a
// generation number whether they still count.
//
// Made for hundreds of thousands of happenings a simulated second: a ring of slots of a quarter of a
// millisecond that covers about two seconds, and lists of what comes later. A slot is put in order
// when its turn comes, so what comes next lies side by side.
//
// Cost: O(1) to add, O(log entries of the slot) to take. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_AGENDA_H_
#define SHOAL_TESTS_SIM_WORLD_AGENDA_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "common/time/time.h"

namespace shoal::sim {

enum class Happening : std::uint8_t {
  kTick,            // once a second
  kJoin,            // a: viewer
  kLeave,           // a: viewer
  kVanish,          // a: viewer
  kWake,            // a: viewer, b: generation. Of its core
  kPlayerWake,      // a: viewer, b: generation
  kServed,          // a: viewer, c: request
  kPlaylist,        // a: viewer, b: its followed playlist, c: see CdnModel::AskPlaylist
  kAnnounceAsked,   // a: call
  kAnnounceDone,    // a: call
  kCdnHead,         // a: transfer
  kCdnPush,         // a: transfer
  kCdnChunk,        // a: transfer, b: bytes
  kCdnAck,          // a: transfer, b: bytes
  kConnected,       // a: link
  kRefused,         // a: link
  kDialTimeout,     // a: link
  kMessageArrives,  // a: link end it goes to, b: parcel
  kMessageIn,       // likewise; through the receiver's line
  kDataArrives,     // a: link end it goes to, b: size, c: pull and offset
  kDataIn,          // likewise
};

class Agenda {
 public:
  struct Entry {
    TimePoint at;
    std::uint64_t c = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    Happening what = Happening::kTick;
  };

  Agenda();

  // The time of the entry taken last.
  TimePoint now() const { return now_; }
  std::size_t size() const { return size_; }

  // What lies in the past happens now.
  void Add(TimePoint at, Happening what, std::uint32_t a, std::uint32_t b = 0, std::uint64_t c = 0);

  // Takes the next entry, if it is not later than `limit`, and lets its time be now. Else false,
  // and `limit` is now.
  bool Take(TimePoint limit, Entry* entry);

 private:
  static constexpr int kSlotBits = 8;  // of microseconds
  static constexpr int kRingBits = 13;
  static constexpr std::int64_t kSlots = std::int64_t{1} << kRingBits;
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // Entries of one list, and the block that was filled before it.
  struct Block {
    static constexpr std::uint32_t kRoom = 7;
    std::array<Entry, kRoom> entries;
    std::uint32_t size = 0;
    std::uint32_t next = kNone;
  };

  static std::int64_t SlotOf(TimePoint at) { return at.time_since_epoch().count() >> kSlotBits; }
  static std::int64_t TurnOf(std::int64_t slot) { return slot >> kRingBits; }
  std::uint32_t& ListOf(std::int64_t slot) {
    return ring_[static_cast<std::size_t>(slot % kSlots)];
  }
  void Append(std::uint32_t& list, const Entry& entry);
  // Empties a list: its entries, in the order in which they were added, go to `out`, which is empty.
  void Collect(std::uint32_t& list, std::vector<Entry>& out);
  // Goes on to the next slot that has entries. REQUIRES: there is one, and current_ is used up.
  void Advance();
  // The ring holds nothing: goes on to the next turn that has entries. REQUIRES: there is one.
  void BeginTurn();

  TimePoint now_{};
  std::size_t size_ = 0;
  // Of slot_ and of those before it, in order; what was taken before next_.
  std::vector<Entry> current_;
  std::size_t next_ = 0;
  std::int64_t slot_ = 0;
  // Slots of this turn of the ring, behind slot_: the list's last block.
  std::vector<std::uint32_t> ring_;
  std::size_t in_ring_ = 0;
  std::map<std::int64_t, std::uint32_t> later_;  // likewise, of each turn to come
  std::vector<Block> blocks_;
  std::uint32_t free_ = kNone;  // block
};

// One pending wake-up of something, which may be moved or called off.
class Timer {
 public:
  // Wakes at `at`; what was set before no longer counts.
  void Set(Agenda& agenda, TimePoint at, Happening what, std::uint32_t a) {
    due_ = at;
    agenda.Add(at, what, a, ++generation_);
  }
  // The same unless it wakes by then anyway: for owners that look again when they wake too early.
  void SetBy(Agenda& agenda, TimePoint at, Happening what, std::uint32_t a) {
    if (at < due_) Set(agenda, at, what, a);
  }
  void Stop() {
    ++generation_;
    due_ = TimePoint::max();
  }
  // Whether an entry that came up is the one set last. It is used up thereby.
  bool Fires(std::uint32_t generation) {
    if (generation != generation_ || due_ == TimePoint::max()) return false;
    due_ = TimePoint::max();
    return true;
  }

 private:
  TimePoint due_ = TimePoint::max();
  std::uint32_t generation_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_AGENDA_H_
