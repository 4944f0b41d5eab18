#include "tracker/service/membership_table.h"

namespace shoal::service {
namespace {

// Members removed within one call, and at once between two pauses.
constexpr std::size_t kExpirationsPerCall = 64;
constexpr std::size_t kExpirationsAtOnce = 1000;

}  // namespace

MembershipTable::MembershipTable(const membership::MembershipConfig& config, std::uint64_t seed,
                                 const Clock& clock)
    : clock_(clock), membership_(config, Random(seed)) {}

absl::StatusOr<membership::AnnounceResult> MembershipTable::Announce(
    const membership::AnnounceCall& call) {
  absl::MutexLock lock(&mu_);
  // Within the lock, since the membership's time never decreases.
  const TimePoint now = clock_.Now();
  membership_.Expire(now, kExpirationsPerCall);
  return membership_.Announce(call, now);
}

void MembershipTable::RemoveExpired() {
  while (true) {
    absl::MutexLock lock(&mu_);
    if (membership_.Expire(clock_.Now(), kExpirationsAtOnce) < kExpirationsAtOnce) return;
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
  membership_.set_journal(journal);
}

bool MembershipTable::Restore(const membership::MemberRecord& record) {
  absl::MutexLock lock(&mu_);
  return membership_.Restore(record, clock_.Now());
}

}  // namespace shoal::service
