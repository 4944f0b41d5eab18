// What happens when: the queue of a discrete-event simulation, and its clock.
//
// Entries are plain data; what they mean is up to whoever takes them. Those of equal times come out
// in the order in which they went in, so a run never depends on the queue's inner order.
//
// An entry cannot be taken back. Whoever may change its mind keeps a Timer, whose entries tell by a
// generation number whether they still count.
//
// Cost: O(log entries) each way; a heap whose nodes have four children, for fewer cache misses.
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_AGENDA_H_
#define SHOAL_TESTS_SIM_WORLD_AGENDA_H_

#include <cstddef>
#include <cstdint>
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
    std::uint64_t order = 0;
    std::uint64_t c = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    Happening what = Happening::kTick;
  };

  // The time of the entry taken last.
  TimePoint now() const { return now_; }
  std::size_t size() const { return heap_.size(); }

  // What lies in the past happens now.
  void Add(TimePoint at, Happening what, std::uint32_t a, std::uint32_t b = 0, std::uint64_t c = 0);

  // Takes the next entry, if it is not later than `limit`, and lets its time be now. Else false,
  // and `limit` is now.
  bool Take(TimePoint limit, Entry* entry);

 private:
  static bool Before(const Entry& x, const Entry& y) {
    return x.at != y.at ? x.at < y.at : x.order < y.order;
  }

  TimePoint now_{};
  std::uint64_t order_ = 0;
  std::vector<Entry> heap_;
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
