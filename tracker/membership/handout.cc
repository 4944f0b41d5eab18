#include "tracker/membership/handout.h"

#include <algorithm>
#include <cstring>

namespace shoal::membership {
namespace {

using Walk = MemberRing::Walk;

// Gathers the members of one handout from several circles.
class Chooser {
 public:
  Chooser(const MemberSlab& slab, Slot self, std::optional<Version> version)
      : slab_(slab), self_(self), version_(version) {}

  // Goes on with `walk` until there are `size` in all. Who stands in two circles is met twice.
  void FillTo(std::size_t size, Walk& walk) {
    while (chosen_.size() < size) {
      const Slot slot = walk.Next();
      if (slot == kNoSlot) return;
      if (!IsThere(slab_.At(slot))) {
        walk.PassOver();
      } else if (slot != self_ && known_.Insert(slot)) {
        chosen_.push_back(slot);
      }
    }
  }

  std::size_t size() const { return chosen_.size(); }
  const ChosenMembers& chosen() const { return chosen_; }

 private:
  bool IsThere(const CompactMember& member) const {
    return version_ ? member.IsIn(*version_) : member.has_left == 0;
  }

  const MemberSlab& slab_;
  const Slot self_;
  const std::optional<Version> version_;
  ChosenMembers chosen_;
  SlotSet known_;
};

char* Put(PackedMemberView member, char* at) {
  // Two sizes that the compiler knows, rather than one that it does not.
  if (member.is_ipv6()) {
    std::memcpy(at, member.data(), kPackedMemberIpv6Size);
    return at + kPackedMemberIpv6Size;
  }
  std::memcpy(at, member.data(), kPackedMemberIpv4Size);
  return at + kPackedMemberIpv4Size;
}

// Those of `chosen` that are not in `left_out`.
std::string PackedBut(const ChosenMembers& chosen, const SlotSet& left_out,
                      const MemberSlab& slab) {
  std::size_t size = 1;
  for (const Slot slot : chosen) {
    if (!left_out.Contains(slot)) size += slab.At(slot).packed().size();
  }
  std::string bytes;
  if (size == 1) return bytes;
  bytes.resize(size);
  char* at = bytes.data();
  *at++ = static_cast<char>(kMemberLayoutVersion);
  for (const Slot slot : chosen) {
    if (!left_out.Contains(slot)) at = Put(slab.At(slot).packed(), at);
  }
  return bytes;
}

SlotSet SetOf(const ChosenMembers& chosen) {
  SlotSet set;
  for (const Slot slot : chosen) set.Insert(slot);
  return set;
}

}  // namespace

bool SlotSet::Insert(Slot slot) {
  for (std::uint32_t at = FirstOf(slot);; at = (at + 1) & kMask) {
    if (table_[at] == slot) return false;
    if (table_[at] != kNoSlot) continue;
    table_[at] = slot;
    return true;
  }
}

bool SlotSet::Contains(Slot slot) const {
  for (std::uint32_t at = FirstOf(slot); table_[at] != kNoSlot; at = (at + 1) & kMask) {
    if (table_[at] == slot) return true;
  }
  return false;
}

ChosenMembers ChooseHandout(const SwarmRings& rings, const MemberSlab& slab, const Seat& seat,
                            std::optional<Version> version) {
  Chooser chooser(slab, seat.self, version);
  std::optional<Walk> near_weak;
  std::size_t weak = 0;
  if (seat.near_place) {
    const MemberRing::Walk::Range zone = PlacesOfZone(*seat.near_place);
    Walk near_strong(rings.near_strong, *seat.near_place, seat.self, zone);
    near_weak.emplace(rings.near_weak, *seat.near_place, seat.self, zone);
    chooser.FillTo(kNearSizeMax - kNearWeakSizeMax, near_strong);
    const std::size_t strong = chooser.size();
    chooser.FillTo(strong + kNearWeakSizeMax, *near_weak);
    weak = chooser.size() - strong;
    chooser.FillTo(kNearSizeMax, near_strong);
  }
  Walk far_weak(rings.far_weak, seat.far_place, seat.self, {});
  Walk far_strong(rings.far_strong, seat.far_place, seat.self, {});
  chooser.FillTo(std::min(chooser.size() + kWeakSizeMax - weak, kHandoutSizeMax), far_weak);
  chooser.FillTo(kHandoutSizeMax, far_strong);
  if (near_weak) chooser.FillTo(kHandoutSizeMax, *near_weak);
  chooser.FillTo(kHandoutSizeMax, far_weak);
  return chooser.chosen();
}

HandoutBytes WriteHandout(const ChosenMembers& now, const MemberSlab& slab) {
  return {.full = true, .added = PackedBut(now, SlotSet(), slab), .removed = {}};
}

HandoutBytes WriteChanges(const ChosenMembers& before, const ChosenMembers& now,
                          const MemberSlab& slab) {
  const SlotSet known = SetOf(before);
  const SlotSet kept = SetOf(now);
  HandoutBytes changes{.full = false, .added = PackedBut(now, known, slab), .removed = {}};
  for (const Slot slot : before) {
    if (kept.Contains(slot)) continue;
    const absl::string_view id = slab.At(slot).packed().id_bytes();
    changes.removed.append(id.data(), id.size());
  }
  std::size_t whole = 1;
  for (const Slot slot : now) whole += slab.At(slot).packed().size();
  if (changes.added.size() + changes.removed.size() >= whole) return WriteHandout(now, slab);
  return changes;
}

}  // namespace shoal::membership
