#include "tracker/service/write_behind.h"

#include <vector>

namespace shoal::service {
namespace {

std::int64_t Milliseconds64(Duration duration) { return duration.count() / 1000; }

}  // namespace

WriteBehind::WriteBehind(store::MembershipStore& store, const Clock& clock, UnixClock unix_clock)
    : store_(store), clock_(clock), unix_clock_(std::move(unix_clock)) {}

void WriteBehind::Put(const membership::MemberRecord& record) {
  absl::MutexLock lock(&mu_);
  pending_[Key(record.swarm, record.member.id)] = record;
}

void WriteBehind::Remove(const SwarmId& swarm, const PeerId& peer) {
  absl::MutexLock lock(&mu_);
  pending_[Key(swarm, peer)] = std::nullopt;
}

absl::Status WriteBehind::Flush() {
  absl::flat_hash_map<Key, std::optional<membership::MemberRecord>> pending;
  {
    absl::MutexLock lock(&mu_);
    pending.swap(pending_);
  }
  if (pending.empty()) return absl::OkStatus();
  const TimePoint now = clock_.Now();
  const std::int64_t unix_now = unix_clock_();
  std::vector<store::StoreChange> changes;
  changes.reserve(pending.size());
  for (const auto& [key, record] : pending) {
    if (!record) {
      changes.push_back(store::RemoveMember{key.first, key.second});
      continue;
    }
    changes.push_back(
        store::PutMember{{.swarm = record->swarm,
                          .member = record->member,
                          .joined_unix_ms = unix_now + Milliseconds64(record->joined - now),
                          .expires_unix_ms = unix_now + Milliseconds64(record->expires - now)}});
  }
  return store_.Apply(changes);
}

absl::Status WriteBehind::Load(
    absl::FunctionRef<void(const membership::MemberRecord&)> visit) const {
  const TimePoint now = clock_.Now();
  const std::int64_t unix_now = unix_clock_();
  return store_.Load([&](const store::StoredMember& stored) {
    visit({.swarm = stored.swarm,
           .member = stored.member,
           .joined = now + Milliseconds(stored.joined_unix_ms - unix_now),
           .expires = now + Milliseconds(stored.expires_unix_ms - unix_now)});
  });
}

}  // namespace shoal::service
