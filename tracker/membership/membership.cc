#include "tracker/membership/membership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tracker/membership/announce_interval.h"

namespace shoal::membership {
namespace {

// The order in which swarms are listed.
bool ListedBefore(const SwarmSize& a, const SwarmSize& b) {
  return a.members != b.members ? a.members > b.members : a.swarm < b.swarm;
}

}  // namespace

Membership::Membership(const MembershipConfig& config, Random random)
    : config_(config), random_(random) {}

Membership::~Membership() = default;

absl::StatusOr<AnnounceResult> Membership::Announce(const AnnounceCall& call, TimePoint now) {
  if (absl::Status status = CheckLimits(call); !status.ok()) return status;
  AnnounceResult result;
  result.interval = WithJitter(announce_interval(), random_);
  result.handouts.reserve(call.swarms.size());
  for (const SwarmAnnounce& announce : call.swarms) {
    const bool stops = announce.event == AnnounceEvent::kStopped;
    if (stops) {
      Stop(announce.swarm, call.member);
    } else {
      Refresh(announce.swarm, call.member, now, now + ExpiryAfter(result.interval));
    }
    SwarmHandout& handout = result.handouts.emplace_back();
    const Swarm* swarm = Find(announce.swarm);
    if (swarm == nullptr) continue;
    handout.swarm_size = swarm->size();
    if (!stops) handout.members = swarm->Handout(call.member);
  }
  return result;
}

absl::Status Membership::CheckLimits(const AnnounceCall& call) const {
  std::size_t new_members = 0;
  std::size_t new_swarms = 0;
  for (const SwarmAnnounce& announce : call.swarms) {
    if (announce.event == AnnounceEvent::kStopped) continue;
    const Swarm* swarm = Find(announce.swarm);
    if (swarm != nullptr && swarm->Find(call.member.id) != nullptr) continue;
    ++new_members;
    if (swarm == nullptr) {
      ++new_swarms;
    } else if (swarm->size() >= config_.max_members_per_swarm) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "swarm ", announce.swarm.ToString(), " is full with ", swarm->size(), " members"));
    }
  }
  if (new_swarms > 0 && swarms_.size() + new_swarms > config_.max_swarms) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no room for another swarm beside ", swarms_.size()));
  }
  if (new_members > 0 && deadlines_.size() + new_members > config_.max_members) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no room for another member beside ", deadlines_.size()));
  }
  return absl::OkStatus();
}

void Membership::Refresh(const SwarmId& id, const Member& member, TimePoint now,
                         TimePoint expires) {
  const std::size_t members_before = deadlines_.size();
  const bool is_news = journal_ != nullptr && !IsKnownAsIs(id, member);
  const MemberRecord& record = Put(id, member, now, expires);
  figures_.joins += deadlines_.size() - members_before;
  if (is_news) journal_->Put(record);
}

bool Membership::IsKnownAsIs(const SwarmId& id, const Member& member) const {
  const Swarm* swarm = Find(id);
  const MemberRecord* known = swarm == nullptr ? nullptr : swarm->Find(member.id);
  return known != nullptr && known->member == member;
}

const MemberRecord& Membership::Put(const SwarmId& id, const Member& member, TimePoint joined,
                                    TimePoint expires) {
  std::unique_ptr<Swarm>& swarm = swarms_[id];
  if (swarm == nullptr) swarm = std::make_unique<Swarm>(id, config_.placement_seed);
  if (const MemberRecord* known = swarm->Find(member.id)) {
    deadlines_.erase({known->expires, member.id, swarm.get()});
  }
  deadlines_.insert({expires, member.id, swarm.get()});
  return *swarm->Put(member, joined, expires);
}

void Membership::Stop(const SwarmId& id, const Member& member) {
  Swarm* swarm = FindMutable(id);
  if (swarm == nullptr) return;
  const MemberRecord* record = swarm->Find(member.id);
  if (record == nullptr || record->member.endpoint.address != member.endpoint.address) return;
  ++figures_.leaves;
  Remove(*swarm, member.id);
}

void Membership::Remove(Swarm& swarm, const PeerId& peer) {
  const SwarmId id = swarm.id();
  deadlines_.erase({swarm.Find(peer)->expires, peer, &swarm});
  swarm.Remove(peer);
  if (swarm.size() == 0) swarms_.erase(id);
  if (journal_ != nullptr) journal_->Remove(id, peer);
}

std::size_t Membership::Expire(TimePoint now, std::size_t limit) {
  std::size_t removed = 0;
  while (removed < limit && !deadlines_.empty() && deadlines_.begin()->at <= now) {
    const Deadline due = *deadlines_.begin();
    Remove(*due.swarm, due.peer);
    ++removed;
  }
  figures_.expirations += removed;
  return removed;
}

std::optional<TimePoint> Membership::NextExpiry() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->at;
}

bool Membership::Restore(const MemberRecord& record, TimePoint now) {
  if (record.expires <= now) return false;
  Swarm* swarm = FindMutable(record.swarm);
  if (!HasRoomIn(swarm)) return swarm != nullptr && swarm->Find(record.member.id) != nullptr;
  if (swarm == nullptr) {
    swarm = (swarms_[record.swarm] = std::make_unique<Swarm>(record.swarm, config_.placement_seed))
                .get();
  }
  if (swarm->PutNew(record.member, record.joined, record.expires) == nullptr) return true;
  // Many are restored at once, a swarm's in the order of their ids, and so mostly belong here.
  deadlines_.insert(deadlines_.end(), {record.expires, record.member.id, swarm});
  return true;
}

bool Membership::HasRoomIn(const Swarm* swarm) const {
  if (deadlines_.size() >= config_.max_members) return false;
  return swarm == nullptr ? swarms_.size() < config_.max_swarms
                          : swarm->size() < config_.max_members_per_swarm;
}

Duration Membership::announce_interval() const {
  return AnnounceInterval(deadlines_.size(), config_.announces_per_second);
}

MembershipFigures Membership::figures() const {
  MembershipFigures figures = figures_;
  figures.swarms = swarms_.size();
  figures.members = deadlines_.size();
  return figures;
}

const Swarm* Membership::Find(const SwarmId& swarm) const {
  const auto found = swarms_.find(swarm);
  return found == swarms_.end() ? nullptr : found->second.get();
}

Swarm* Membership::FindMutable(const SwarmId& id) {
  const auto found = swarms_.find(id);
  return found == swarms_.end() ? nullptr : found->second.get();
}

std::vector<SwarmSize> Membership::LargestSwarms(const std::optional<SwarmSize>& after,
                                                 std::size_t limit) const {
  // A heap of the first swarms in the order of the list, the last of them on top.
  std::vector<SwarmSize> page;
  for (const auto& [id, swarm] : swarms_) {
    const SwarmSize size{id, swarm->size()};
    if (after && !ListedBefore(*after, size)) continue;
    page.push_back(size);
    std::push_heap(page.begin(), page.end(), ListedBefore);
    if (page.size() > limit) {
      std::pop_heap(page.begin(), page.end(), ListedBefore);
      page.pop_back();
    }
  }
  std::sort_heap(page.begin(), page.end(), ListedBefore);
  return page;
}

}  // namespace shoal::membership
