#include "tracker/membership/swarm.h"

#include <algorithm>
#include <cstring>

namespace shoal::membership {
namespace {

constexpr int kZoneShift = 48;
constexpr Place kPlaceInZoneMask = (Place{1} << kZoneShift) - 1;

// The finaliser of splitmix64: every bit of the input changes half of the output's.
std::uint64_t Mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

std::uint64_t PlaceOf(const PeerId& id, std::uint64_t seed) {
  std::uint64_t words[2];
  static_assert(sizeof(words) == PeerId::kSize);
  std::memcpy(words, id.bytes().data(), sizeof(words));
  return Mixed(Mixed(words[0] ^ Mixed(seed)) ^ words[1] ^ seed);
}

bool SameRings(const Member& a, const Member& b) {
  return a.zone == b.zone && IsStrong(a) == IsStrong(b);
}

}  // namespace

// Gathers the members of one handout from several rings.
class Swarm::HandoutBuilder {
 public:
  HandoutBuilder(const PeerId& caller, std::size_t capacity) : caller_(caller) {
    chosen_.reserve(capacity);
  }

  std::size_t size() const { return chosen_.size(); }

  // Adds members of `ring` with places in [first, last] until there are `size` in all.
  void FillTo(std::size_t size, const MemberRing& ring, Place from, Place first, Place last) {
    if (chosen_.size() >= size) return;
    ring.VisitFrom(from, first, last, [&](const MemberRecord& record) {
      const bool known = std::find(chosen_.begin(), chosen_.end(), &record) != chosen_.end();
      if (!known && record.member.id != caller_) chosen_.push_back(&record);
      return chosen_.size() < size;
    });
  }

  std::vector<Member> Members() const {
    std::vector<Member> members;
    members.reserve(chosen_.size());
    for (const MemberRecord* record : chosen_) members.push_back(record->member);
    return members;
  }

 private:
  const PeerId& caller_;
  std::vector<const MemberRecord*> chosen_;
};

Place Swarm::NearPlace(const PeerId& id, std::uint16_t zone) const {
  return Place{zone} << kZoneShift | (PlaceOf(id, ~seed_) & kPlaceInZoneMask);
}

Place Swarm::FarPlace(const PeerId& id) const { return PlaceOf(id, seed_); }

const MemberRecord* Swarm::Find(const PeerId& id) const {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : &found->second;
}

const MemberRecord* Swarm::Put(const Member& member, TimePoint joined, TimePoint expires) {
  const auto [position, is_new] = records_.try_emplace(member.id);
  MemberRecord& record = position->second;
  if (is_new) {
    record = {.swarm = id_, .member = member, .joined = joined, .expires = expires};
    InsertIntoRings(record);
    return &record;
  }
  record.expires = expires;
  if (record.member == member) return &record;
  const bool moves = !SameRings(record.member, member);
  if (moves) EraseFromRings(record);
  record.member = member;
  if (moves) InsertIntoRings(record);
  return &record;
}

const MemberRecord* Swarm::PutNew(const Member& member, TimePoint joined, TimePoint expires) {
  const auto [position, is_new] = records_.try_emplace(member.id);
  if (!is_new) return nullptr;
  position->second = {.swarm = id_, .member = member, .joined = joined, .expires = expires};
  InsertIntoRings(position->second);
  return &position->second;
}

void Swarm::Remove(const PeerId& id) {
  const auto found = records_.find(id);
  EraseFromRings(found->second);
  records_.erase(found);
}

void Swarm::InsertIntoRings(const MemberRecord& record) {
  const Member& member = record.member;
  const Place far_place = FarPlace(member.id);
  if (!IsStrong(member)) {
    weak_.Insert(far_place, &record);
    return;
  }
  strong_.Insert(far_place, &record);
  if (member.zone != 0) near_.Insert(NearPlace(member.id, member.zone), &record);
}

void Swarm::EraseFromRings(const MemberRecord& record) {
  const Member& member = record.member;
  const Place far_place = FarPlace(member.id);
  if (!IsStrong(member)) {
    weak_.Erase(far_place, &record);
    return;
  }
  strong_.Erase(far_place, &record);
  if (member.zone != 0) near_.Erase(NearPlace(member.id, member.zone), &record);
}

std::vector<Member> Swarm::Handout(const Member& caller) const {
  HandoutBuilder builder(caller.id, std::min(size(), kHandoutSizeMax));
  const Place far_place = FarPlace(caller.id);
  const auto fill_to = [&](std::size_t size, const MemberRing& ring) {
    builder.FillTo(size, ring, far_place, 0, ~Place{0});
  };
  if (caller.zone != 0) {
    const Place near_place = NearPlace(caller.id, caller.zone);
    const Place first = near_place & ~kPlaceInZoneMask;
    builder.FillTo(kNearSizeMax, near_, near_place, first, first | kPlaceInZoneMask);
  }
  fill_to(builder.size() + kWeakSizeMax, weak_);
  fill_to(kHandoutSizeMax, strong_);
  fill_to(kHandoutSizeMax, weak_);
  return builder.Members();
}

SwarmDescription Swarm::Describe() const {
  SwarmDescription description{.members = size(), .oldest_joined = TimePoint::max()};
  for (const auto& [id, record] : records_) {
    description.dialable_members += record.member.can_be_dialled ? 1 : 0;
    ++description.members_by_upload_class[record.member.upload_class];
    ++description.members_by_zone[record.member.zone];
    description.oldest_joined = std::min(description.oldest_joined, record.joined);
  }
  return description;
}

std::vector<MemberRecord> Swarm::MembersAfter(const std::optional<PeerId>& after,
                                              std::size_t limit) const {
  // A heap of the smallest ids seen, the greatest of them on top.
  std::vector<const MemberRecord*> smallest;
  const auto by_id = [](const MemberRecord* a, const MemberRecord* b) {
    return a->member.id < b->member.id;
  };
  for (const auto& [id, record] : records_) {
    if (after && id <= *after) continue;
    smallest.push_back(&record);
    std::push_heap(smallest.begin(), smallest.end(), by_id);
    if (smallest.size() > limit) {
      std::pop_heap(smallest.begin(), smallest.end(), by_id);
      smallest.pop_back();
    }
  }
  std::sort_heap(smallest.begin(), smallest.end(), by_id);
  std::vector<MemberRecord> page;
  page.reserve(smallest.size());
  for (const MemberRecord* record : smallest) page.push_back(*record);
  return page;
}

}  // namespace shoal::membership
