// Members of a swarm in a circle: the order in which neighbours are found for a handout, and the
// index by which a member is found again.
//
// Each member stands at a place that follows from its id. Whoever looks for members takes those
// nearest to its own place, in both directions by turns. So the same members are found again and
// again, a member that joins or leaves changes only what its neighbours find, and everybody in the
// circle is found equally often by the others in it. Of equal places, who came later stands behind.
//
// Entries lie in pages of up to 1 KB, in their order, each with little room to spare: about nine
// bytes a member. Finding a place looks at one page; joining and leaving move half of one.
//
// Threads: not thread-safe. Reproducible: same calls, same order.
#ifndef SHOAL_TRACKER_MEMBERSHIP_MEMBER_RING_H_
#define SHOAL_TRACKER_MEMBERSHIP_MEMBER_RING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tracker/membership/member_slab.h"

namespace shoal::membership {

using Place = std::uint32_t;

class MemberRing {
 public:
  // Where an entry stands; good until the next change. The end's is behind the last entry.
  struct Position {
    std::uint32_t page = 0;
    std::uint32_t index = 0;

    friend bool operator==(const Position&, const Position&) = default;
  };

  MemberRing() = default;
  MemberRing(const MemberRing&) = delete;
  MemberRing& operator=(const MemberRing&) = delete;

  void Insert(Place place, Slot slot);
  // REQUIRES: it was inserted so.
  void Erase(Place place, Slot slot);
  std::size_t size() const { return size_; }

  // The first entry that stands at `place` and for which `is` holds, or kNoSlot.
  Slot Find(Place place, absl::FunctionRef<bool(Slot)> is) const;

  // Calls `visit` with every member, in the order of the places.
  void VisitAll(absl::FunctionRef<void(Slot)> visit) const;

  // Goes through the members whose place is in [first, last], nearest to `from` first, outwards by
  // turns and around the ends; each of them once. At `from` itself it begins with `self`, if that
  // stands there. REQUIRES: first <= from <= last; the ring does not change meanwhile.
  class Walk {
   public:
    struct Range {
      Place first = 0;
      Place last = ~Place{0};
    };

    Walk(const MemberRing& ring, Place from, Slot self, Range range);

    // The next member; kNoSlot after the last.
    Slot Next();
    // What Next has just returned does not count: it is still that direction's turn. So what stands
    // in the ring but is passed over does not change what else is found.
    void PassOver() { goes_forward_ = !goes_forward_; }

   private:
    const MemberRing& ring_;
    const Position begin_;
    const Position end_;
    // What was visited lies between the two; the end of the circle is its beginning.
    Position forward_;
    Position backward_;
    bool goes_forward_ = true;
    bool done_;
  };

 private:
  struct Entry {
    Place place;
    Slot slot;
  };
  struct Page {
    Place first;  // that of its first entry
    std::uint16_t count;
    std::uint16_t capacity;
    std::unique_ptr<Entry[]> entries;
  };

  static constexpr std::uint32_t kPageSizeMax = 128;
  // What a page must have room for to be given entries of a full one.
  static constexpr std::uint32_t kRoomMin = 8;

  static void Resize(Page& page, std::uint32_t capacity);
  // The first entry at `place` or behind it, and the first one behind it.
  Position LowerBound(Place place) const;
  Position UpperBound(Place place) const;
  Position PositionOf(Place place, Slot slot) const;
  Position End() const { return {static_cast<std::uint32_t>(pages_.size()), 0}; }
  const Entry& At(Position at) const { return pages_[at.page].entries[at.index]; }
  Position After(Position at) const;
  Position Before(Position at) const;
  Position PlaceToInsert(Place place) const;
  void MakeRoom(std::uint32_t page);
  // So many of the entries of a page, its last or first ones.
  void MoveToNext(std::uint32_t page, std::uint32_t moved);
  void MoveToLast(std::uint32_t page, std::uint32_t moved);

  std::vector<Page> pages_;  // none is empty
  std::size_t size_ = 0;
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_MEMBER_RING_H_
