#include "tracker/membership/membership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/packed_member.h"
#include "tracker/membership/announce_interval.h"
#include "tracker/membership/handout_cookie.h"

namespace shoal::membership {
namespace {

// After its interval, within which a client's call and the answer to it may be under way.
constexpr Duration kAnswerTime = Seconds(5);

}  // namespace

bool IsListedBefore(const SwarmSize& a, const SwarmSize& b) {
  return a.members != b.members ? a.members > b.members : a.swarm < b.swarm;
}

void SortAndCut(std::vector<SwarmSize>& swarms, std::size_t limit) {
  std::sort(swarms.begin(), swarms.end(), IsListedBefore);
  if (swarms.size() > limit) swarms.resize(limit);
}

Membership::Membership(const MembershipConfig& config, Random random, MembershipTotals* totals)
    : config_(config),
      totals_(totals == nullptr ? own_totals_ : *totals),
      random_(random),
      process_(static_cast<std::uint32_t>(random.Next())) {}

Membership::~Membership() = default;

absl::StatusOr<AnnounceResult> Membership::Announce(const AnnounceCall& call, TimePoint now) {
  AnnounceResult result;
  result.handouts.reserve(call.swarms.size());
  const PackedMember member(call.member);
  const absl::Status status = Announce({member.view(), call.swarms}, now, result);
  if (!status.ok()) return status;
  return result;
}

absl::Status Membership::Announce(const AnnouncePart& part, TimePoint now, AnnounceResult& result) {
  if (absl::Status status = CheckLimits(part); !status.ok()) return status;
  if (result.interval == Duration::zero()) {
    result.interval = WithJitter(announce_interval(), random_);
  }
  const MemberTimes times{
      .joined = now, .expires = now + ExpiryAfter(result.interval), .forgotten = now + Memory()};
  for (const SwarmAnnounce& announce : part.swarms) {
    result.handouts.push_back(announce.event == AnnounceEvent::kStopped
                                  ? Stop(announce.swarm, part.member, times.forgotten)
                                  : Refresh(announce, part.member, times, result.untried));
  }
  return absl::OkStatus();
}

absl::Status Membership::CheckLimits(const AnnouncePart& part) const {
  std::size_t new_members = 0;
  std::size_t new_swarms = 0;
  const bool is_nearly_full = totals_.members() + part.swarms.size() > config_.max_members;
  for (const SwarmAnnounce& announce : part.swarms) {
    if (announce.event == AnnounceEvent::kStopped) continue;
    const Swarm* swarm = Find(announce.swarm);
    const bool is_full = swarm != nullptr && swarm->size() >= config_.max_members_per_swarm;
    new_swarms += swarm == nullptr ? 1 : 0;
    if (!is_full && !is_nearly_full) continue;
    if (swarm != nullptr && swarm->FindSlot(part.member.id_bytes()) != kNoSlot) continue;
    ++new_members;
    if (is_full) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "swarm ", announce.swarm.ToString(), " is full with ", swarm->size(), " members"));
    }
  }
  if (new_swarms > 0 && totals_.swarms() + new_swarms > config_.max_swarms) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no room for another swarm beside ", totals_.swarms()));
  }
  if (new_members > 0 && totals_.members() + new_members > config_.max_members) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no room for another member beside ", totals_.members()));
  }
  return absl::OkStatus();
}

SwarmHandout Membership::Refresh(const SwarmAnnounce& announce, PackedMemberView member,
                                 const MemberTimes& times, std::vector<SwarmId>& untried) {
  Swarm& swarm = FindOrMake(announce.swarm);
  const auto [result, slot, is_elsewhere] = swarm.Put(member, times);
  if (result == Swarm::PutResult::kJoined) {
    ++figures_.joins;
    CountMember();
  }
  if (result != Swarm::PutResult::kRefreshed && journal_ != nullptr) {
    journal_->Put(swarm.RecordOf(slot));
  }
  if (is_elsewhere && member.can_be_dialled()) untried.push_back(announce.swarm);
  const CookieScope scope{
      .process = process_, .incarnation = swarm.name().incarnation, .client = ClientOf(member)};
  std::optional<Version> known = DecodeCookie(announce.cookie, scope);
  // Who was not a member, or another one, had another handout.
  if (known && (!swarm.Remembers(*known) || IsAfter(slab_.At(slot).entered, *known))) known.reset();
  return {.swarm_size = swarm.size(),
          .handout = HandoutFor(swarm, member, slot, known),
          .cookie = EncodeCookie(scope, swarm.version())};
}

HandoutBytes Membership::HandoutFor(const Swarm& swarm, PackedMemberView member, Slot slot,
                                    std::optional<Version> known_version) const {
  if (known_version == swarm.version()) return {.full = false, .added = {}, .removed = {}};
  const Seat seat = swarm.SeatOf(member, slot);
  const ChosenMembers now = swarm.Choose(seat);
  if (!known_version) return WriteHandout(now, slab_);
  return WriteChanges(swarm.Choose(seat, known_version), now, slab_);
}

SwarmHandout Membership::Stop(const SwarmId& id, PackedMemberView member, TimePoint forgotten) {
  Swarm* swarm = FindMutable(id);
  if (swarm == nullptr) return {};
  const Slot slot = swarm->FindSlot(member.id_bytes());
  const bool is_its_own = slot != kNoSlot && slab_.At(slot).packed().address() == member.address();
  if (!is_its_own) return {.swarm_size = swarm->size()};
  ++figures_.leaves;
  const std::size_t left = swarm->size() - 1;
  Remove(*swarm, slot, forgotten);
  return {.swarm_size = left};
}

void Membership::NoteDialled(const SwarmId& id, const PeerId& peer, const Endpoint& endpoint,
                             bool can_be_dialled, TimePoint now) {
  Swarm* swarm = FindMutable(id);
  const Slot slot = swarm == nullptr ? kNoSlot : swarm->FindSlot(peer.bytes());
  if (slot == kNoSlot) return;
  const PackedMemberView known = slab_.At(slot).packed();
  const bool is_there =
      known.port() == endpoint.port && known.address() == absl::string_view(endpoint.address);
  if (!is_there || known.can_be_dialled() == can_be_dialled) return;
  const Slot noted = swarm->SetCanBeDialled(slot, can_be_dialled, now + Memory());
  if (journal_ != nullptr) journal_->Put(swarm->RecordOf(noted));
}

void Membership::CountMember() {
  ++members_;
  totals_.AddMember();
}

void Membership::Remove(Swarm& swarm, Slot slot, TimePoint forgotten) {
  if (journal_ != nullptr) journal_->Remove(swarm.id(), slab_.At(slot).packed().id());
  --members_;
  totals_.RemoveMember();
  swarm.Remove(slot, forgotten);
  if (swarm.size() > 0) return;
  // Who comes next begins another swarm. Those that this one remembers go one by one, see Expire:
  // all at once might take long.
  swarms_.erase(swarm.id());
  totals_.RemoveSwarm();
  EraseIfOver(swarm);
}

Swarm& Membership::FindOrMake(const SwarmId& id) {
  Swarm*& swarm = swarms_[id];
  if (swarm != nullptr) return *swarm;
  totals_.AddSwarm();
  if (free_numbers_.empty()) {
    free_numbers_.push_back(static_cast<std::uint32_t>(by_number_.size()));
    by_number_.emplace_back();
  }
  const std::uint32_t number = free_numbers_.back();
  free_numbers_.pop_back();
  const SwarmName name{.id = id, .number = number, .incarnation = swarms_made_++};
  by_number_[number] = std::make_unique<Swarm>(name, config_.placement_seed, slab_);
  swarm = by_number_[number].get();
  return *swarm;
}

void Membership::EraseIfOver(Swarm& swarm) {
  if (swarm.size() + swarm.remembered() > 0) return;
  const std::uint32_t number = swarm.name().number;
  free_numbers_.push_back(number);
  by_number_[number].reset();
}

std::size_t Membership::Expire(TimePoint now, std::size_t places) {
  const std::uint64_t expired_before = figures_.expirations;
  const TimePoint forgotten = now + Memory();
  const std::uint32_t now_ticks = TicksDownTo(now);
  slab_.Sweep(places, [&](Slot slot) {
    const CompactMember& member = slab_.At(slot);
    if (member.due > now_ticks) return;
    Swarm& swarm = *by_number_[member.swarm];
    if (member.has_left != 0) {
      swarm.Forget(slot);
      EraseIfOver(swarm);
      return;
    }
    ++figures_.expirations;
    Remove(swarm, slot, forgotten);
  });
  return figures_.expirations - expired_before;
}

Duration Membership::Memory() const {
  return Seconds(ToSeconds(announce_interval()) * (1 + kAnnounceJitter)) + kAnswerTime;
}

bool Membership::Restore(const MemberRecord& record, TimePoint now) {
  if (record.expires <= now) return false;
  const Swarm* known = Find(record.swarm);
  const PackedMember member(record.member);
  if (!HasRoomIn(known)) {
    return known != nullptr && known->FindSlot(member.view().id_bytes()) != kNoSlot;
  }
  const MemberTimes times{.joined = record.joined, .expires = record.expires, .forgotten = now};
  if (FindOrMake(record.swarm).PutNew(member.view(), times)) CountMember();
  return true;
}

bool Membership::HasRoomIn(const Swarm* swarm) const {
  if (totals_.members() >= config_.max_members) return false;
  return swarm == nullptr ? totals_.swarms() < config_.max_swarms
                          : swarm->size() < config_.max_members_per_swarm;
}

Duration Membership::announce_interval() const {
  return AnnounceInterval(totals_.members(), config_.announces_per_second);
}

MembershipFigures Membership::figures() const {
  MembershipFigures figures = figures_;
  figures.swarms = swarms_.size();
  figures.members = members_;
  return figures;
}

const Swarm* Membership::Find(const SwarmId& swarm) const { return FindMutable(swarm); }

Swarm* Membership::FindMutable(const SwarmId& id) const {
  const auto found = swarms_.find(id);
  return found == swarms_.end() ? nullptr : found->second;
}

std::vector<SwarmSize> Membership::LargestSwarms(const std::optional<SwarmSize>& after,
                                                 std::size_t limit) const {
  // A heap of the first swarms in the order of the list, the last of them on top.
  std::vector<SwarmSize> page;
  for (const auto& [id, swarm] : swarms_) {
    const SwarmSize size{id, swarm->size()};
    if (after && !IsListedBefore(*after, size)) continue;
    page.push_back(size);
    std::push_heap(page.begin(), page.end(), IsListedBefore);
    if (page.size() > limit) {
      std::pop_heap(page.begin(), page.end(), IsListedBefore);
      page.pop_back();
    }
  }
  std::sort_heap(page.begin(), page.end(), IsListedBefore);
  return page;
}

}  // namespace shoal::membership
