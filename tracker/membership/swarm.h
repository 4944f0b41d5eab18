// The members of one swarm.
//
// A member that leaves, or says something else of itself, stays for a while: marked as left, it
// still stands in its circles, so that the handouts of before can be found again, and who comes
// with a cookie (see HandoutCookie) be told what has changed since. Beyond an eighth of the members
// those that leave are removed at once; then, as when they are forgotten, older cookies mean nothing
// any more.
//
// Cost: finding a member or a handout takes O(log members + handout), joining and leaving the same
// and half a page of memory moved in each circle.
//
// Ownership: its members lie in the slab, which is borrowed; they are removed with the swarm.
// Threads: not thread-safe. Reproducible: same calls and seed, same answers.
#ifndef SHOAL_TRACKER_MEMBERSHIP_SWARM_H_
#define SHOAL_TRACKER_MEMBERSHIP_SWARM_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/ids.h"
#include "common/base/member.h"
#include "common/base/packed_member.h"
#include "common/time/time.h"
#include "tracker/membership/handout.h"
#include "tracker/membership/member_record.h"
#include "tracker/membership/member_slab.h"

namespace shoal::membership {

// A member that others gain from: they can dial it, and it uploads (or may, for all we know).
inline bool IsStrong(const Member& member) {
  return member.can_be_dialled && member.upload_class != kUploadNone;
}

// What an operator wants to know of a swarm.
struct SwarmDescription {
  std::size_t members = 0;
  std::size_t dialable_members = 0;
  std::map<std::uint32_t, std::uint32_t> members_by_upload_class;
  std::map<std::uint32_t, std::uint32_t> members_by_zone;
  TimePoint oldest_joined{};
};

struct SwarmName {
  SwarmId id;
  std::uint32_t number = 0;       // of its members in the slab
  std::uint32_t incarnation = 0;  // swarms there were before it
};

// Of a member. Kept rounded: `joined` down to a second, the others up to 62.5 ms.
struct MemberTimes {
  TimePoint joined{};
  TimePoint expires{};
  // Until when it is remembered what this replaces.
  TimePoint forgotten{};
};

class Swarm {
 public:
  enum class PutResult : std::uint8_t { kJoined, kChanged, kRefreshed };
  struct PutMember {
    PutResult result;
    Slot slot;
    bool is_elsewhere;  // than before: nobody has tried yet whether it can be dialled there
  };

  Swarm(const SwarmName& name, std::uint64_t placement_seed, MemberSlab& slab)
      : name_(name), seed_(placement_seed), slab_(slab) {}
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  const SwarmId& id() const { return name_.id; }
  const SwarmName& name() const { return name_; }
  std::size_t size() const { return size_; }
  // Members that have left and are remembered.
  std::size_t remembered() const { return left_; }
  // Of the last change of its members.
  Version version() const { return version_; }
  // Whether handouts of `version` can be found again.
  bool Remembers(Version version) const;

  // What is known of `id`; nullopt: it is no member.
  std::optional<MemberRecord> Find(const PeerId& id) const;
  MemberRecord RecordOf(Slot slot) const;
  // Where it lies; kNoSlot: it is no member. Good until it is put or removed.
  Slot FindSlot(absl::string_view id) const;

  // Adds the member, or takes over what changed of it; `joined` counts only for a new one. Who was
  // found not to be dialled at its endpoint stays so, whatever it says, until it has another one.
  PutMember Put(PackedMemberView member, const MemberTimes& times);
  // Notes whether a member can be dialled, and returns where it lies then. REQUIRES: it is one, and
  // what is noted is news.
  Slot SetCanBeDialled(Slot slot, bool can_be_dialled, TimePoint forgotten);
  // Adds the member if it is not one yet; false if it is.
  bool PutNew(PackedMemberView member, const MemberTimes& times);
  // Has a member leave, to be remembered until `forgotten`. REQUIRES: it is one.
  void Remove(Slot slot, TimePoint forgotten);
  // Forgets one that has left.
  void Forget(Slot slot);

  // Where who asks stands, whose slot FindSlot or Put has told.
  Seat SeatOf(PackedMemberView caller, Slot slot) const;
  ChosenMembers Choose(const Seat& seat, std::optional<Version> version = std::nullopt) const {
    return ChooseHandout(rings_, slab_, seat, version);
  }
  // Others for `caller`, who need not be a member.
  std::vector<Member> Handout(const Member& caller) const;

  SwarmDescription Describe() const;

  // Up to `limit` members with ids greater than `after` (or from the first), ordered by id.
  // O(members · log limit).
  std::vector<MemberRecord> MembersAfter(const std::optional<PeerId>& after,
                                         std::size_t limit) const;

 private:
  // Calls `visit` with each place of the member in a circle.
  template <class Visit>
  void VisitPlaces(PackedMemberView member, Visit visit);
  Slot Enter(PackedMemberView member, const MemberTimes& times);
  // `version`: the first one without it.
  void Leave(Slot slot, TimePoint forgotten, Version version);
  Slot Replace(Slot slot, PackedMemberView member, TimePoint expires, TimePoint forgotten);
  void Erase(Slot slot);
  // Those that have not left.
  template <class Visit>
  void VisitMembers(Visit visit) const;

  const SwarmName name_;
  const std::uint64_t seed_;
  MemberSlab& slab_;
  SwarmRings rings_;
  std::size_t size_ = 0;
  std::size_t left_ = 0;  // that are remembered
  Version version_ = 0;
  Version oldest_remembered_ = 0;
};

// What `due` of a CompactMember counts: so many since the timeline's begin.
std::uint32_t TicksUpTo(TimePoint time);
std::uint32_t TicksDownTo(TimePoint time);
TimePoint TimeOfTicks(std::uint32_t ticks);

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_SWARM_H_
