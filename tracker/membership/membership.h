// Who is in which swarm: joins, refreshes, leaves and expiry, and who is handed to whom.
//
// Pure: time comes in with each call, chance from the generator given to the constructor. The same
// calls with the same seed give the same answers on any machine.
//
//   Membership membership(config, Random(seed));
//   absl::StatusOr<AnnounceResult> result = membership.Announce(call, now);
//   while (membership.Expire(now, 1000) == 1000) {}
//
// A member stands for as long as it announces: it has gone once it lets 2.25 of the intervals pass
// that it was told. Nothing is known of who may speak for an id (there is no authentication yet),
// except that a member is removed only at a call from its own address.
//
// Ownership: owns all swarms; borrows the journal.
// Threads:   not thread-safe.
// Time:      `now` never decreases.
#ifndef SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_H_
#define SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/base/member.h"
#include "common/random/random.h"
#include "common/time/time.h"
#include "tracker/membership/member_record.h"
#include "tracker/membership/membership_config.h"
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
};

// One call of one client, for all its swarms.
struct AnnounceCall {
  Member member;
  std::vector<SwarmAnnounce> swarms;
};

struct SwarmHandout {
  std::size_t swarm_size = 0;   // the caller included, unless it has stopped
  std::vector<Member> members;  // empty for one that has stopped
};

struct AnnounceResult {
  Duration interval{};                 // until the next call
  std::vector<SwarmHandout> handouts;  // one for each swarm of the call, in its order
};

struct SwarmSize {
  SwarmId swarm;
  std::size_t members = 0;

  friend bool operator==(const SwarmSize&, const SwarmSize&) = default;
};

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
  Membership(const MembershipConfig& config, Random random);
  ~Membership();

  // Carries out a call. kResourceExhausted, naming the limit, if the call would join a swarm beyond
  // a limit; nothing of it is carried out then. Stopping what was never joined, or what joined from
  // another address, is no error and changes nothing.
  absl::StatusOr<AnnounceResult> Announce(const AnnounceCall& call, TimePoint now);

  // Removes up to `limit` members whose time is up, those longest overdue first; returns how many.
  std::size_t Expire(TimePoint now, std::size_t limit);

  // The earliest time at which Expire has something to do; nullopt while nobody is here.
  std::optional<TimePoint> NextExpiry() const;

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

  // Up to `limit` swarms, the largest first, those of equal size ordered by id; from the one that
  // follows `after` in that order on, or from the first. `after` need not exist any more.
  // O(swarms · log limit).
  std::vector<SwarmSize> LargestSwarms(const std::optional<SwarmSize>& after,
                                       std::size_t limit) const;

 private:
  struct Deadline {
    TimePoint at;
    PeerId peer;
    Swarm* swarm;

    // Not by address: the order must not depend on the machine.
    friend bool operator<(const Deadline& a, const Deadline& b) {
      if (a.at != b.at) return a.at < b.at;
      if (a.peer != b.peer) return a.peer < b.peer;
      return a.swarm->id() < b.swarm->id();
    }
  };

  absl::Status CheckLimits(const AnnounceCall& call) const;
  void Refresh(const SwarmId& id, const Member& member, TimePoint now, TimePoint expires);
  void Stop(const SwarmId& id, const Member& member);
  const MemberRecord& Put(const SwarmId& id, const Member& member, TimePoint joined,
                          TimePoint expires);
  void Remove(Swarm& swarm, const PeerId& peer);
  Swarm* FindMutable(const SwarmId& id);
  // Whether `member` is in the swarm, with all that it says of itself now.
  bool IsKnownAsIs(const SwarmId& id, const Member& member) const;
  // Whether one more member can join `swarm`; nullptr: a new one.
  bool HasRoomIn(const Swarm* swarm) const;

  const MembershipConfig config_;
  Random random_;
  MembershipJournal* journal_ = nullptr;
  absl::flat_hash_map<SwarmId, std::unique_ptr<Swarm>> swarms_;
  absl::btree_set<Deadline> deadlines_;  // one for each member of each swarm
  MembershipFigures figures_;            // but for swarms and members
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_H_
