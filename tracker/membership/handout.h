// Who of a swarm is handed to a member of it.
//
// A swarm of up to 51 members is handed out whole. Of a larger one each member gets 50 others: 45
// from its own zone, if that has so many, and the rest from anywhere. Of the 50, 10 are *weak*, that
// is which cannot be dialled or do not upload, and 40 *strong*; what one kind cannot fill goes to
// the other. Not only the zone, so that the zones do not become swarms of their own; some weak ones,
// so that a client can tell the mean upload of the swarm from the members it knows.
//
// Members stand in circles (see MemberRing) at places that follow from their id and a seed: the
// strong and the weak ones apart, each in one circle by zone and one over all zones. A handout is
// what stands nearest. No handout is remembered, and yet it changes only as its members come and go;
// and as those that have left stay in the circles for a while, one can find what it was before.
//
// Threads: any, while the swarm does not change.
#ifndef SHOAL_TRACKER_MEMBERSHIP_HANDOUT_H_
#define SHOAL_TRACKER_MEMBERSHIP_HANDOUT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tracker/membership/member_ring.h"
#include "tracker/membership/member_slab.h"

namespace shoal::membership {

// Others in a handout at most.
inline constexpr std::size_t kHandoutSizeMax = 50;
// Members of a swarm that is handed out whole, the caller included.
inline constexpr std::size_t kWholeSwarmSizeMax = kHandoutSizeMax + 1;
// In the handout of a larger swarm: from the caller's zone; weak ones, and how many of these are
// from the zone, while there are others.
inline constexpr std::size_t kNearSizeMax = 45;
inline constexpr std::size_t kWeakSizeMax = 10;
inline constexpr std::size_t kNearWeakSizeMax = 9;

// The circles of a swarm. Those by zone hold who has one.
struct SwarmRings {
  MemberRing near_strong;
  MemberRing near_weak;
  MemberRing far_strong;
  MemberRing far_weak;
};

// Where who asks for a handout stands.
struct Seat {
  Slot self = kNoSlot;  // kNoSlot: not a member
  Place far_place = 0;
  std::optional<Place> near_place;  // if its zone is known
};

// The places of a zone in the circles by zone.
inline MemberRing::Walk::Range PlacesOfZone(Place near_place) {
  return {near_place & 0xffff0000u, near_place | 0xffffu};
}

// A few slots, found again quickly.
class SlotSet {
 public:
  SlotSet() { table_.fill(kNoSlot); }
  // False if it is there already. REQUIRES: at most 100 in all; not kNoSlot.
  bool Insert(Slot slot);
  bool Contains(Slot slot) const;

 private:
  static constexpr std::uint32_t kMask = 127;
  static std::uint32_t FirstOf(Slot slot) { return (slot * 2654435769u) >> 25; }

  std::array<Slot, kMask + 1> table_;
};

// The members of one handout, nearest kinds first.
class ChosenMembers {
 public:
  std::size_t size() const { return size_; }
  const Slot* begin() const { return slots_.data(); }
  const Slot* end() const { return slots_.data() + size_; }
  void push_back(Slot slot) { slots_[size_++] = slot; }

 private:
  std::array<Slot, kHandoutSizeMax> slots_;
  std::size_t size_ = 0;
};

// Never whoever sits at `seat`, nobody twice. `version` of the swarm: nullopt is the present one; an
// older one is exact as long as all that have left since still stand in their circles, and the seat
// was the same.
ChosenMembers ChooseHandout(const SwarmRings& rings, const MemberSlab& slab, const Seat& seat,
                            std::optional<Version> version);

// What a client is told. Strings as in proto/shoal/v1/tracker.proto.
struct HandoutBytes {
  bool full = true;
  std::string added;
  std::string removed;
};

// All of `now`; or, if that is shorter, what of it is not in `before` and what was only there.
HandoutBytes WriteHandout(const ChosenMembers& now, const MemberSlab& slab);
HandoutBytes WriteChanges(const ChosenMembers& before, const ChosenMembers& now,
                          const MemberSlab& slab);

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_HANDOUT_H_
