#include "tracker/service/membership_table.h"

#include <algorithm>
#include <cmath>

namespace shoal::service {
namespace {

// In an announce interval all members are looked at so often, so that those whose 2.25 intervals
// are over go before 2.5 are.
constexpr double kRoundsPerInterval = 8;
// At the least, since it takes no time: so that few members are looked at every time.
constexpr double kPlacesPerTurnMin = 4096;

}  // namespace

MembershipTable::MembershipTable(const membership::MembershipConfig& config, std::uint64_t seed,
                                 const Clock& clock)
    : clock_(clock), membership_(config, Random(seed)) {}

absl::StatusOr<membership::AnnounceResult> MembershipTable::Announce(
    const membership::AnnounceCall& call) {
  absl::MutexLock lock(&mu_);
  // Within the lock, since the membership's time never decreases.
  const TimePoint now = clock_.Now();
  absl::StatusOr<membership::AnnounceResult> result = membership_.Announce(call, now);
  if (result.ok()) NoteCall(call, now + result->interval);
  return result;
}

void MembershipTable::NoteCall(const membership::AnnounceCall& call, TimePoint next_call) {
  callers_call_by_ = std::max(callers_call_by_, next_call);
  if (!warming()) return;
  for (const membership::SwarmAnnounce& announce : call.swarms) {
    if (announce.event != membership::AnnounceEvent::kStopped) continue;
    stopped_[{announce.swarm, call.member.id}] = call.member.endpoint.address;
  }
}

void MembershipTable::NoteDialled(const DialTarget& target, bool can_be_dialled) {
  absl::MutexLock lock(&mu_);
  for (const SwarmId& swarm : target.swarms) {
    membership_.NoteDialled(swarm, target.peer, target.endpoint, can_be_dialled, clock_.Now());
  }
}

void MembershipTable::KeepHouse(Duration since_last) {
  double places = 0;
  {
    absl::MutexLock lock(&mu_);
    const double rounds =
        kRoundsPerInterval * ToSeconds(since_last) / ToSeconds(membership_.announce_interval());
    const auto all = static_cast<double>(membership_.places());
    places = std::min(std::max(std::ceil(rounds * all), kPlacesPerTurnMin), all);
  }
  Expire(static_cast<std::size_t>(places));
}

void MembershipTable::RemoveExpired() {
  std::size_t places = 0;
  {
    absl::MutexLock lock(&mu_);
    places = membership_.places();
  }
  Expire(places);
}

void MembershipTable::Expire(std::size_t places) {
  while (places > 0) {
    const std::size_t some = std::min(places, kPlacesAtOnce);
    absl::MutexLock lock(&mu_);
    membership_.Expire(clock_.Now(), some);
    places -= some;
  }
}

void MembershipTable::Read(
    absl::FunctionRef<void(const membership::Membership&, TimePoint now)> read) {
  RemoveExpired();
  absl::MutexLock lock(&mu_);
  read(membership_, clock_.Now());
}

void MembershipTable::set_journal(membership::MembershipJournal* journal) {
  absl::MutexLock lock(&mu_);
  journal_ = journal;
  membership_.set_journal(journal);
}

void MembershipTable::BeginWarming(Duration grace) {
  absl::MutexLock lock(&mu_);
  grace_ = grace;
  restored_call_by_ = clock_.Now() + grace;
  warming_.store(true, std::memory_order_release);
}

void MembershipTable::Restore(std::span<const membership::MemberRecord> records) {
  absl::MutexLock lock(&mu_);
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

bool MembershipTable::HasStopped(const membership::MemberRecord& record) const {
  const auto stopped = stopped_.find(Key(record.swarm, record.member.id));
  return stopped != stopped_.end() && stopped->second == record.member.endpoint.address;
}

void MembershipTable::EndWarming() {
  absl::MutexLock lock(&mu_);
  warming_.store(false, std::memory_order_release);
  stopped_ = {};
  if (!has_restored_) restored_call_by_ = TimePoint();
}

Duration MembershipTable::LongestWait() {
  absl::MutexLock lock(&mu_);
  return std::max(Duration::zero(), std::max(callers_call_by_, restored_call_by_) - clock_.Now());
}

}  // namespace shoal::service
