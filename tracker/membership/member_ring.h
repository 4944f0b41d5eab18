// Members of a swarm in a circle: the order in which neighbours are found for a handout.
//
// Each member stands at a place that follows from its id. Whoever looks for members takes those
// nearest to its own place, in both directions by turns. So the same members are found again and
// again, a member that joins or leaves changes only what its neighbours find, and everybody in the
// circle is found equally often by the others in it.
//
// Ownership: borrows the records; each must be erased before it goes.
// Threads:   not thread-safe. Order of equal places is that of the ids: the same on any machine.
#ifndef SHOAL_TRACKER_MEMBERSHIP_MEMBER_RING_H_
#define SHOAL_TRACKER_MEMBERSHIP_MEMBER_RING_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/btree_set.h"
#include "absl/functional/function_ref.h"
#include "tracker/membership/member_record.h"

namespace shoal::membership {

using Place = std::uint64_t;

class MemberRing {
 public:
  void Insert(Place place, const MemberRecord* record) { entries_.insert({place, record}); }
  void Erase(Place place, const MemberRecord* record) { entries_.erase({place, record}); }
  std::size_t size() const { return entries_.size(); }

  // Calls `visit` with each member whose place is in [first, last], nearest to `from` first, going
  // outwards by turns and around the ends, until it returns false or all were visited once.
  // REQUIRES: first <= from <= last.
  void VisitFrom(Place from, Place first, Place last,
                 absl::FunctionRef<bool(const MemberRecord&)> visit) const;

  // Calls `visit` with every member, in the order of the places.
  void VisitAll(absl::FunctionRef<void(const MemberRecord&)> visit) const;

 private:
  struct Entry {
    Place place;
    const MemberRecord* record;

    friend bool operator<(const Entry& a, const Entry& b) {
      return a.place != b.place ? a.place < b.place : a.record->member.id < b.record->member.id;
    }
  };
  struct ByPlace {
    using is_transparent = void;
    bool operator()(const Entry& a, const Entry& b) const { return a < b; }
    bool operator()(const Entry& a, Place b) const { return a.place < b; }
    bool operator()(Place a, const Entry& b) const { return a < b.place; }
  };

  absl::btree_set<Entry, ByPlace> entries_;
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_MEMBER_RING_H_
