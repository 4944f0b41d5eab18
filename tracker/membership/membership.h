// Who is in which swarm: joins, refreshes, leaves and expiry, and who is handed to whom.
//
// Pure: time comes in with each call, chance from the generator given to the constructor. The same
// calls with the same seed give the same answers on any machine.
//
//   Membership membership(config, Random(seed));
//   absl::StatusOr<AnnounceResult> result = membership.Announce(call, now);
//   membership.Expire(now, membership.places());
//
// A member stands for as long as it announces: it has gone once it lets 2.25 of the intervals pass
// that it was told. Nothing is known of who may speak for an id (there is no authentication yet),
// except that a member is removed only at a call from its own address.
//
// Whose time is up is found by going round all members, a few at each call of Expire: that needs no
// memory for each, and next to no work, as long as a round takes a small part of an interval.
//
// Ownership: owns all swarms; borrows the journal and the totals.
// Threads:   not thread-safe.
// Time:      `now` never decreases.
#ifndef SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_H_
#define SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/ids.h"
#include "common/base/member.h"
#include "common/base/packed_member.h"
#include "common/random/random.h"
#include "common/time/time.h"
#include "tracker/membership/member_record.h"
#include "tracker/membership/member_slab.h"
#include "tracker/membership/membership_config.h"
#include "tracker/membership/membership_totals.h"
#include "tracker/membership/swarm.h"

namespace shoal::membership {

enum class AnnounceEvent : std::uint8_t {
  kRefresh,  // joins, too, if the member is not known
  kStarted,
  kStopped,
};

struct SwarmAnnounce {
  SwarmId swarm;
  AnnounceEvent event = AnnounceEvent::kRefresh;
  // Of the last handout for the swarm, if there was one; see HandoutCookie. Borrowed for the call.
  absl::string_view cookie = {};
};

// One call of one client, for all its swarms.
struct AnnounceCall {
  Member member;
  std::vector<SwarmAnnounce> swarms;
};

// Strings as in SwarmHandout of proto/shoal/v1/tracker.proto.
struct SwarmHandout {
  std::size_t swarm_size = 0;  // the caller included, unless it has stopped
  HandoutBytes handout = {};   // empty for one that has stopped
  std::string cookie = {};
};

// Some of the swarms of a call.
struct AnnouncePart {
  PackedMemberView member;
  std::span<const SwarmAnnounce> swarms;
};

struct AnnounceResult {
  Duration interval{};                 // until the next call
  std::vector<SwarmHandout> handouts;  // one for each swarm of the call, in its order
  // Swarms that the caller, who says that it can be dialled, is new in or at another endpoint than
  // before: where nobody has tried it yet. See NoteDialled.
  std::vector<SwarmId> untried = {};
};

struct SwarmSize {
  SwarmId swarm;
  std::size_t members = 0;

  friend bool operator==(const SwarmSize&, const SwarmSize&) = default;
};

// The order in which swarms are listed: the largest first, those of equal size by id.
bool IsListedBefore(const SwarmSize& a, const SwarmSize& b);
// Keeps the first `limit` of `swarms` in that order, and puts them into it.
void SortAndCut(std::vector<SwarmSize>& swarms, std::size_t limit);

// Counted since construction. `members` and `swarms` are those of the moment; a client in two
// swarms counts as two members.
struct MembershipFigures {
  std::uint64_t swarms = 0;
  std::uint64_t members = 0;
  std::uint64_t joins = 0;
  std::uint64_t leaves = 0;
  std::uint64_t expirations = 0;
};

// Told, within the call that makes it, of every change that outlasts the next announce; what
// persistence is built from.
class MembershipJournal {
 public:
  virtual ~MembershipJournal() = default;
  // `record` joined, or something of its member changed. Not told when it merely announces itself
  // again: most announces do only that, and would be most of what is written.
  virtual void Put(const MemberRecord& record) = 0;
  // The member left or expired.
  virtual void Remove(const SwarmId& swarm, const PeerId& peer) = 0;
};

class Membership {
 public:
  // `totals`: of it and of the others that it shares the limits with, and must outlive it. nullptr:
  // there are no others. Where others take the last places at the same moment, a limit may be
  // exceeded by as many as there are of them.
  Membership(const MembershipConfig& config, Random random, MembershipTotals* totals = nullptr);
  ~Membership();

  // Carries out a call. kResourceExhausted, naming the limit, if the call would join a swarm beyond
  // a limit; nothing of it is carried out then. Stopping what was never joined, or what joined from
  // another address, is no error and changes nothing.
  absl::StatusOr<AnnounceResult> Announce(const AnnounceCall& call, TimePoint now);

  // The same for a part of a call, appended to `result`, whose interval is chosen if it is zero. So a
  // call is carried out whose swarms lie in several Memberships; one of them may refuse its part
  // after others have carried out theirs.
  absl::Status Announce(const AnnouncePart& part, TimePoint now, AnnounceResult& result);

  // A dial of `peer` at `endpoint` has shown whether it can be dialled. Changes nothing if it
  // is no member of the swarm any more, or elsewhere.
  void NoteDialled(const SwarmId& swarm, const PeerId& peer, const Endpoint& endpoint,
                   bool can_be_dialled, TimePoint now);

  // Looks at the next `places` places for members, going on where the last call ended, and removes
  // those whose time is up; returns how many. Takes some nanoseconds for each place and a
  // microsecond or two for each member removed.
  std::size_t Expire(TimePoint now, std::size_t places);

  // Places for members: what Expire must be given to look at all of them.
  std::size_t places() const { return slab_.places() + 2; }

  // Puts a member back that was known before a restart; one that has announced itself since stays
  // as it is. Expired ones and those beyond a limit are left out: false. Neither counted as a join
  // nor told to the journal.
  bool Restore(const MemberRecord& record, TimePoint now);

  // From now on tells `journal`; nullptr: nobody. It must outlive this or be replaced.
  void set_journal(MembershipJournal* journal) { journal_ = journal; }

  // The interval that calls get now, before jitter.
  Duration announce_interval() const;
  MembershipFigures figures() const;

  // nullptr if nobody is in it. Valid until the next change.
  const Swarm* Find(const SwarmId& swarm) const;

  // Up to `limit` swarms in the order in which they are listed; from the one that follows `after` in
  // that order on, or from the first. `after` need not exist any more. O(swarms · log limit).
  std::vector<SwarmSize> LargestSwarms(const std::optional<SwarmSize>& after,
                                       std::size_t limit) const;

 private:
  absl::Status CheckLimits(const AnnouncePart& part) const;
  SwarmHandout Refresh(const SwarmAnnounce& announce, PackedMemberView member,
                       const MemberTimes& times, std::vector<SwarmId>& untried);
  SwarmHandout Stop(const SwarmId& id, PackedMemberView member, TimePoint forgotten);
  // Of `member`, which lies in `slot`.
  HandoutBytes HandoutFor(const Swarm& swarm, PackedMemberView member, Slot slot,
                          std::optional<Version> known_version) const;
  void CountMember();  // one more
  void Remove(Swarm& swarm, Slot slot, TimePoint forgotten);
  Swarm* FindMutable(const SwarmId& id) const;
  Swarm& FindOrMake(const SwarmId& id);
  // If nobody is in it, nor remembered.
  void EraseIfOver(Swarm& swarm);
  // Whether one more member can join `swarm`; nullptr: a new one.
  bool HasRoomIn(const Swarm* swarm) const;
  // How long it is remembered who has left: until all others have called again.
  Duration Memory() const;

  const MembershipConfig config_;
  MembershipTotals own_totals_;
  MembershipTotals& totals_;
  Random random_;
  const std::uint32_t process_;  // of the cookies
  MembershipJournal* journal_ = nullptr;
  MemberSlab slab_;  // outlives the swarms
  absl::flat_hash_map<SwarmId, Swarm*> swarms_;
  std::vector<std::unique_ptr<Swarm>> by_number_;  // nullptr: the number is free
  std::vector<std::uint32_t> free_numbers_;
  std::uint32_t swarms_made_ = 0;
  std::size_t members_ = 0;
  MembershipFigures figures_;  // but for swarms and members
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_H_
