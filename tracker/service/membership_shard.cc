#include "tracker/service/membership_shard.h"

#include <algorithm>

namespace shoal::service {

absl::Status MembershipShard::Announce(const membership::AnnouncePart& part,
                                       membership::AnnounceResult& result) {
  VisibleMutexLock lock(&mu_);
  // Within the lock, since the membership's time never decreases.
  const TimePoint now = clock_.Now();
  if (absl::Status status = membership_.Announce(part, now, result); !status.ok()) return status;
  callers_call_by_ = std::max(callers_call_by_, now + result.interval);
  if (warming_) NoteStops(part);
  return absl::OkStatus();
}

void MembershipShard::NoteStops(const membership::AnnouncePart& part) {
  for (const membership::SwarmAnnounce& announce : part.swarms) {
    if (announce.event != membership::AnnounceEvent::kStopped) continue;
    stopped_[{announce.swarm, part.member.id()}] = std::string(part.member.address());
  }
}

void MembershipShard::NoteDialled(const SwarmId& swarm, const PeerId& peer,
                                  const Endpoint& endpoint, bool can_be_dialled) {
  VisibleMutexLock lock(&mu_);
  membership_.NoteDialled(swarm, peer, endpoint, can_be_dialled, clock_.Now());
}

void MembershipShard::set_journal(membership::MembershipJournal* journal) {
  VisibleMutexLock lock(&mu_);
  journal_ = journal;
  membership_.set_journal(journal);
}

std::size_t MembershipShard::places() {
  VisibleMutexLock lock(&mu_);
  return membership_.places();
}

membership::MembershipFigures MembershipShard::figures() {
  VisibleMutexLock lock(&mu_);
  return membership_.figures();
}

std::vector<membership::SwarmSize> MembershipShard::LargestSwarms(
    const std::optional<membership::SwarmSize>& after, std::size_t limit) {
  VisibleMutexLock lock(&mu_);
  return membership_.LargestSwarms(after, limit);
}

void MembershipShard::Read(
    const SwarmId& id,
    absl::FunctionRef<void(const membership::Swarm* swarm, TimePoint now)> read) {
  VisibleMutexLock lock(&mu_);
  read(membership_.Find(id), clock_.Now());
}

std::size_t MembershipShard::ExpireSome() {
  VisibleMutexLock lock(&mu_);
  return membership_.Expire(clock_.Now(), kPlacesAtOnce);
}

void MembershipShard::Expire(std::size_t places) {
  for (std::size_t looked_at = 0; looked_at < places; looked_at += kPlacesAtOnce) ExpireSome();
}

void MembershipShard::BeginWarming(Duration grace) {
  VisibleMutexLock lock(&mu_);
  warming_ = true;
  grace_ = grace;
  restored_call_by_ = clock_.Now() + grace;
}

void MembershipShard::Restore(std::span<const membership::MemberRecord> records) {
  VisibleMutexLock lock(&mu_);
  const TimePoint now = clock_.Now();
  restored_call_by_ = std::max(restored_call_by_, now + grace_);
  for (membership::MemberRecord record : records) {
    record.expires = restored_call_by_;
    if (!HasStopped(record) && membership_.Restore(record, now)) {
      has_restored_ = true;
      continue;
    }
    const membership::Swarm* swarm = membership_.Find(record.swarm);
    const bool came_back = swarm != nullptr && swarm->Find(record.member.id).has_value();
    if (!came_back && journal_ != nullptr) journal_->Remove(record.swarm, record.member.id);
  }
}

bool MembershipShard::HasStopped(const membership::MemberRecord& record) const {
  const auto stopped = stopped_.find(Key(record.swarm, record.member.id));
  return stopped != stopped_.end() && stopped->second == record.member.endpoint.address;
}

void MembershipShard::EndWarming() {
  VisibleMutexLock lock(&mu_);
  warming_ = false;
  stopped_ = {};
  if (!has_restored_) restored_call_by_ = TimePoint();
}

TimePoint MembershipShard::all_call_by() {
  VisibleMutexLock lock(&mu_);
  return std::max(callers_call_by_, restored_call_by_);
}

}  // namespace shoal::service
