// The members of one swarm that this client knows: from the tracker's handouts, and from the peers
// it is linked to. Also remembers whom dialling failed. Bounded by handouts plus links.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_MEMBER_TABLE_H_
#define SHOAL_CLIENT_CORE_MEMBER_TABLE_H_

#include <cstdint>
#include <vector>

#include "absl/container/btree_map.h"
#include "client/core/assignment.h"
#include "client/core/events.h"
#include "common/base/member.h"
#include "common/time/time.h"

namespace shoal::core {

class MemberTable {
 public:
  // Swarms of at most this many members are handed out whole, so all their members are known.
  static constexpr std::uint32_t kWholeSwarm = 51;
  // Members kept at most; further ones are not taken.
  static constexpr std::size_t kMembersMax = 256;

  static constexpr double kDialWeightMin = 0.1;
  static constexpr double kDialWeightMax = 4;

  explicit MemberTable(const PeerId& self) : self_(self) {}

  // Takes over a handout.
  void Apply(const SwarmHandout& handout);

  void Linked(const Member& peer);
  // The link ended; `gone` when the peer left the swarm, so that it is no member any more.
  void Unlinked(const PeerId& peer, bool gone);
  void SetClass(const PeerId& peer, UploadClass upload_class);

  // The next member worth dialling, nullptr if there is none now. Picked by `random`, in proportion to
  // announced upload, a member counting as kDialWeightMin to kDialWeightMax times the mean: a link to
  // somebody who uploads nothing is of use to that one only, who will dial himself.
  const Member* PickToDial(std::uint64_t random, TimePoint now) const;
  void Dialling(const PeerId& peer);
  // The dial led to nothing, and that is in order: the peer is linked already.
  void DialSettled(const PeerId& peer);
  // The peer answered that it has links enough: not again for kRedialFull, but it is a member to
  // count on.
  void DialRefused(const PeerId& peer, TimePoint now);
  // Doubles the time until the peer is dialled again, from kRedialMin up to kRedialMax.
  void DialFailed(const PeerId& peer, TimePoint now);

  // Every other member known, ordered by id; changes whenever version() does.
  const std::vector<KnownMember>& known() const { return known_; }
  std::uint32_t version() const { return version_; }
  // As the tracker said, or more if more are known.
  std::uint32_t swarm_size() const;
  bool all_known() const {
    return swarm_size() <= kWholeSwarm && known_.size() + 1 >= swarm_size();
  }
  // Members that are linked, being dialled or can be dialled now.
  std::size_t linkable(TimePoint now);
  std::size_t linked() const { return linked_; }
  std::size_t dialling() const { return dialling_; }
  // Mean upload of the members whose class is known; 0 when there is none.
  double MeanUpload() const { return mean_upload_; }

 private:
  static constexpr Duration kRedialMin = Seconds(2);
  static constexpr Duration kRedialMax = Seconds(120);
  static constexpr Duration kRedialFull = Seconds(20);

  struct Entry {
    Member member;
    bool handed_out = false;
    bool is_linked = false;
    bool is_dialling = false;
    std::uint32_t failures = 0;
    TimePoint dial_after{};
  };

  bool CanDial(const Entry& entry, TimePoint now) const;
  double DialWeight(const Entry& entry) const;
  static bool Kept(const Entry& entry) {
    return entry.handed_out || entry.is_linked || entry.is_dialling;
  }
  // Whom nobody reaches is no member to count on: it seeds nothing that could be waited for.
  static bool CountedOn(const Entry& entry) { return entry.is_linked || entry.failures == 0; }
  // Brings known() up to date with all entries, or with one; entries that are not kept go.
  void Changed();
  void Changed(absl::btree_map<PeerId, Entry>::iterator it);
  void KnownChanged();

  PeerId self_;
  absl::btree_map<PeerId, Entry> entries_;
  std::vector<KnownMember> known_;
  bool to_sweep_ = false;  // an entry is not kept any more, and is still there
  double mean_upload_ = 0;
  std::uint32_t tracker_size_ = 1;
  std::uint32_t version_ = 1;
  std::size_t linked_ = 0;
  std::size_t dialling_ = 0;
  // What linkable() found last, and until when it holds.
  std::size_t linkable_ = 0;
  TimePoint linkable_until_ = TimePoint::min();
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_MEMBER_TABLE_H_
