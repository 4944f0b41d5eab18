#include "tracker/membership/swarm.h"

#include <algorithm>
#include <cstring>

namespace shoal::membership {
namespace {

constexpr Duration kTick = Microseconds(62'500);
constexpr int kZoneShift = 16;
// Members that have left and are remembered: some in any swarm, and a share of a large one.
constexpr std::size_t kRememberedMin = 8;
constexpr std::size_t kRememberedShare = 8;

// The finaliser of splitmix64: every bit of the input changes half of the output's.
std::uint64_t Mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

std::uint64_t HashOf(absl::string_view id, std::uint64_t seed) {
  std::uint64_t words[2];
  static_assert(sizeof(words) == PeerId::kSize);
  std::memcpy(words, id.data(), sizeof(words));
  return Mixed(Mixed(words[0] ^ Mixed(seed)) ^ words[1] ^ seed);
}

bool IsStrong(PackedMemberView member) {
  return member.can_be_dialled() && member.upload_class() != kUploadNone;
}

Place FarPlace(absl::string_view id, std::uint64_t seed) {
  return static_cast<Place>(HashOf(id, seed) >> 32);
}

Place NearPlace(absl::string_view id, std::uint16_t zone, std::uint64_t seed) {
  return Place{zone} << kZoneShift | static_cast<Place>(HashOf(id, ~seed) >> 32 & 0xffff);
}

std::int32_t WholeSeconds(TimePoint time) {
  return static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

TimePoint TimeOfSeconds(std::int32_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }

}  // namespace

std::uint32_t TicksUpTo(TimePoint time) {
  const Duration since = std::max(time.time_since_epoch(), Duration::zero());
  return static_cast<std::uint32_t>((since.count() + kTick.count() - 1) / kTick.count());
}

std::uint32_t TicksDownTo(TimePoint time) {
  return static_cast<std::uint32_t>(std::max(time.time_since_epoch(), Duration::zero()) / kTick);
}

TimePoint TimeOfTicks(std::uint32_t ticks) { return TimePoint(ticks * kTick); }

Swarm::~Swarm() {
  for (const MemberRing* ring : {&rings_.far_strong, &rings_.far_weak}) {
    ring->VisitAll([this](Slot slot) { slab_.Remove(slot); });
  }
}

template <class Visit>
void Swarm::VisitPlaces(PackedMemberView member, Visit visit) {
  const bool strong = IsStrong(member);
  visit(strong ? rings_.far_strong : rings_.far_weak, FarPlace(member.id_bytes(), seed_));
  if (member.zone() == 0) return;
  visit(strong ? rings_.near_strong : rings_.near_weak,
        NearPlace(member.id_bytes(), member.zone(), seed_));
}

template <class Visit>
void Swarm::VisitMembers(Visit visit) const {
  for (const MemberRing* ring : {&rings_.far_strong, &rings_.far_weak}) {
    ring->VisitAll([&](Slot slot) {
      if (slab_.At(slot).has_left == 0) visit(slot);
    });
  }
}

bool Swarm::Remembers(Version version) const {
  return !IsAfter(version, version_) && !IsAfter(oldest_remembered_, version);
}

Slot Swarm::FindSlot(absl::string_view id) const {
  const Place place = FarPlace(id, seed_);
  const auto is = [&](Slot slot) {
    const CompactMember& member = slab_.At(slot);
    return member.has_left == 0 && member.packed().id_bytes() == id;
  };
  const Slot slot = rings_.far_strong.Find(place, is);
  return slot != kNoSlot ? slot : rings_.far_weak.Find(place, is);
}

std::optional<MemberRecord> Swarm::Find(const PeerId& id) const {
  const Slot slot = FindSlot(id.bytes());
  if (slot == kNoSlot) return std::nullopt;
  return RecordOf(slot);
}

MemberRecord Swarm::RecordOf(Slot slot) const {
  const CompactMember& member = slab_.At(slot);
  return {.swarm = name_.id,
          .member = member.packed().Unpacked(),
          .joined = TimeOfSeconds(member.joined_s),
          .expires = TimeOfTicks(member.due)};
}

Swarm::PutMember Swarm::Put(PackedMemberView member, const MemberTimes& times) {
  const Slot known = FindSlot(member.id_bytes());
  if (known == kNoSlot) {
    ++version_;
    return {PutResult::kJoined, Enter(member, times), true};
  }
  CompactMember& compact = slab_.At(known);
  if (compact.packed().bytes() == member.bytes()) {
    compact.due = TicksUpTo(times.expires);
    return {PutResult::kRefreshed, known, false};
  }
  if (!compact.packed().HasEndpointOf(member)) {
    return {PutResult::kChanged, Replace(known, member, times.expires, times.forgotten), true};
  }
  PackedMember as_dialled(member);
  as_dialled.SetCanBeDialled(member.can_be_dialled() && compact.packed().can_be_dialled());
  if (compact.packed().bytes() == as_dialled.bytes()) {
    compact.due = TicksUpTo(times.expires);
    return {PutResult::kRefreshed, known, false};
  }
  return {PutResult::kChanged, Replace(known, as_dialled.view(), times.expires, times.forgotten),
          false};
}

Slot Swarm::SetCanBeDialled(Slot slot, bool can_be_dialled, TimePoint forgotten) {
  const CompactMember& compact = slab_.At(slot);
  PackedMember changed(compact.packed());
  changed.SetCanBeDialled(can_be_dialled);
  return Replace(slot, changed.view(), TimeOfTicks(compact.due), forgotten);
}

Slot Swarm::Replace(Slot slot, PackedMemberView member, TimePoint expires, TimePoint forgotten) {
  const TimePoint joined = TimeOfSeconds(slab_.At(slot).joined_s);
  ++version_;
  Leave(slot, forgotten, version_);
  return Enter(member, {.joined = joined, .expires = expires, .forgotten = forgotten});
}

bool Swarm::PutNew(PackedMemberView member, const MemberTimes& times) {
  if (FindSlot(member.id_bytes()) != kNoSlot) return false;
  ++version_;
  Enter(member, times);
  return true;
}

Slot Swarm::Enter(PackedMemberView member, const MemberTimes& times) {
  const Slot slot = slab_.Add(member);
  CompactMember& compact = slab_.At(slot);
  compact.swarm = name_.number;
  compact.entered = version_;
  compact.joined_s = WholeSeconds(times.joined);
  compact.due = TicksUpTo(times.expires);
  VisitPlaces(member, [slot](MemberRing& ring, Place place) { ring.Insert(place, slot); });
  ++size_;
  return slot;
}

void Swarm::Remove(Slot slot, TimePoint forgotten) { Leave(slot, forgotten, ++version_); }

void Swarm::Leave(Slot slot, TimePoint forgotten, Version version) {
  --size_;
  CompactMember& compact = slab_.At(slot);
  compact.left = version;
  if (left_ >= std::max(kRememberedMin, size_ / kRememberedShare)) {
    Erase(slot);
    return;
  }
  compact.has_left = 1;
  compact.due = TicksUpTo(forgotten);
  ++left_;
}

void Swarm::Forget(Slot slot) {
  --left_;
  Erase(slot);
}

void Swarm::Erase(Slot slot) {
  const CompactMember& compact = slab_.At(slot);
  if (IsAfter(compact.left, oldest_remembered_)) oldest_remembered_ = compact.left;
  VisitPlaces(compact.packed(), [slot](MemberRing& ring, Place place) { ring.Erase(place, slot); });
  slab_.Remove(slot);
}

Seat Swarm::SeatOf(PackedMemberView caller, Slot slot) const {
  Seat seat{
      .self = slot, .far_place = FarPlace(caller.id_bytes(), seed_), .near_place = std::nullopt};
  if (caller.zone() != 0) seat.near_place = NearPlace(caller.id_bytes(), caller.zone(), seed_);
  return seat;
}

std::vector<Member> Swarm::Handout(const Member& caller) const {
  const PackedMember packed(caller);
  const Seat seat = SeatOf(packed.view(), FindSlot(packed.view().id_bytes()));
  std::vector<Member> members;
  for (const Slot slot : Choose(seat)) {
    members.push_back(slab_.At(slot).packed().Unpacked());
  }
  return members;
}

SwarmDescription Swarm::Describe() const {
  SwarmDescription description{.members = size(), .oldest_joined = TimePoint::max()};
  VisitMembers([&](Slot slot) {
    const MemberRecord record = RecordOf(slot);
    description.dialable_members += record.member.can_be_dialled ? 1 : 0;
    ++description.members_by_upload_class[record.member.upload_class];
    ++description.members_by_zone[record.member.zone];
    description.oldest_joined = std::min(description.oldest_joined, record.joined);
  });
  return description;
}

std::vector<MemberRecord> Swarm::MembersAfter(const std::optional<PeerId>& after,
                                              std::size_t limit) const {
  // A heap of the smallest ids seen, the greatest of them on top.
  std::vector<Slot> smallest;
  const auto id_of = [this](Slot slot) { return slab_.At(slot).packed().id_bytes(); };
  const auto by_id = [&](Slot a, Slot b) { return id_of(a) < id_of(b); };
  VisitMembers([&](Slot slot) {
    if (after && id_of(slot) <= after->bytes()) return;
    smallest.push_back(slot);
    std::push_heap(smallest.begin(), smallest.end(), by_id);
    if (smallest.size() > limit) {
      std::pop_heap(smallest.begin(), smallest.end(), by_id);
      smallest.pop_back();
    }
  });
  std::sort_heap(smallest.begin(), smallest.end(), by_id);
  std::vector<MemberRecord> page;
  page.reserve(smallest.size());
  for (const Slot slot : smallest) page.push_back(RecordOf(slot));
  return page;
}

}  // namespace shoal::membership
