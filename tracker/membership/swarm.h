// The members of one swarm, and who of them is handed to whom.
//
// A swarm of up to 51 members is handed out whole. Of a larger one each member gets 50 others:
// from its own zone first, up to 25; then at most 10 that are *weak*, that is which cannot be
// dialled or do not upload; the rest *strong* ones from anywhere. Places that one kind cannot fill
// go to the others. Not only the zone, so that the zones do not become swarms of their own; some
// weak ones, so that a client can tell the mean upload of the swarm from the members it knows.
//
// Members stand in circles (see MemberRing) at places that follow from their id and the seed: the
// strong ones in two, one ordered by zone and one over all zones, the weak ones in a third. A
// handout is what stands nearest. No handout is remembered, and yet it changes only as its members
// come and go.
//
// Cost: finding a handout takes O(handout + log members); joining, leaving O(log members).
//
// Threads: not thread-safe. Reproducible: same calls and seed, same answers.
#ifndef SHOAL_TRACKER_MEMBERSHIP_SWARM_H_
#define SHOAL_TRACKER_MEMBERSHIP_SWARM_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "common/base/ids.h"
#include "common/base/member.h"
#include "common/time/time.h"
#include "tracker/membership/member_record.h"
#include "tracker/membership/member_ring.h"

namespace shoal::membership {

// Others in a handout at most.
inline constexpr std::size_t kHandoutSizeMax = 50;
// Members of a swarm that is handed out whole, the caller included.
inline constexpr std::size_t kWholeSwarmSizeMax = kHandoutSizeMax + 1;
// In the handout of a larger swarm: from the caller's zone, and weak ones while there are others.
inline constexpr std::size_t kNearSizeMax = 25;
inline constexpr std::size_t kWeakSizeMax = 10;

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

class Swarm {
 public:
  Swarm(const SwarmId& id, std::uint64_t placement_seed) : id_(id), seed_(placement_seed) {}
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  const SwarmId& id() const { return id_; }
  std::size_t size() const { return records_.size(); }

  // The record of `id`, or nullptr. Valid until that member is removed.
  const MemberRecord* Find(const PeerId& id) const;

  // Adds the member, or takes over what changed of it; `joined` counts only for a new one.
  const MemberRecord* Put(const Member& member, TimePoint joined, TimePoint expires);

  // Adds the member if it is not one yet; nullptr if it is.
  const MemberRecord* PutNew(const Member& member, TimePoint joined, TimePoint expires);

  // REQUIRES: `id` is a member.
  void Remove(const PeerId& id);

  // Others for `caller`, who need not be a member, nearest kinds first. Never `caller` itself, and
  // nobody twice.
  std::vector<Member> Handout(const Member& caller) const;

  SwarmDescription Describe() const;

  // Up to `limit` members with ids greater than `after` (or from the first), ordered by id.
  // O(members · log limit).
  std::vector<MemberRecord> MembersAfter(const std::optional<PeerId>& after,
                                         std::size_t limit) const;

 private:
  class HandoutBuilder;

  void InsertIntoRings(const MemberRecord& record);
  void EraseFromRings(const MemberRecord& record);
  Place NearPlace(const PeerId& id, std::uint16_t zone) const;
  Place FarPlace(const PeerId& id) const;

  const SwarmId id_;
  const std::uint64_t seed_;
  absl::node_hash_map<PeerId, MemberRecord> records_;
  MemberRing near_;    // strong members of known zone: by zone, then by id
  MemberRing strong_;  // all strong members, by id
  MemberRing weak_;    // all others, by id
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_SWARM_H_
