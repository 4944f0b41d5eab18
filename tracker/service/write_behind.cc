#include "tracker/service/write_behind.h"

#include <algorithm>
#include <vector>

namespace shoal::service {
namespace {

// Changes that go to the store at once.
constexpr std::size_t kBatchSizeMax = 20'000;
// Too long a wait costs a restarted tracker nothing but members that stay a little after their end:
// a shorter one is only written when it has shrunk to this share.
constexpr double kShrunkShare = 0.7;
// What a wrong wall clock may claim of how long somebody has been here.
constexpr std::int64_t kAgeMaxMs = std::int64_t{3650} * 24 * 3600 * 1000;

std::int64_t Milliseconds64(Duration duration) { return duration.count() / 1000; }

}  // namespace

WriteBehind::WriteBehind(store::MembershipStore& store, const Clock& clock, UnixClock unix_clock,
                         std::size_t changes_max)
    : store_(store), clock_(clock), unix_clock_(std::move(unix_clock)), changes_max_(changes_max) {}

void WriteBehind::Put(const membership::MemberRecord& record) {
  VisibleMutexLock lock(&mu_);
  Note(Key(record.swarm, record.member.id), record);
}

void WriteBehind::Remove(const SwarmId& swarm, const PeerId& peer) {
  VisibleMutexLock lock(&mu_);
  Note(Key(swarm, peer), std::nullopt);
}

void WriteBehind::Note(const Key& key, Change change) {
  const auto known = changes_.find(key);
  if (known != changes_.end()) {
    known->second = std::move(change);
  } else if (changes_.size() < changes_max_) {
    changes_.emplace(key, std::move(change));
  } else {
    ++lost_;
  }
}

absl::Status WriteBehind::Flush(Duration longest_wait) {
  Changes changes;
  {
    VisibleMutexLock lock(&mu_);
    changes.swap(changes_);
  }
  std::optional<Duration> wait;
  if (IsWorthWriting(longest_wait)) wait = longest_wait;
  absl::Status status = Write(changes, wait);
  if (status.ok()) return status;
  VisibleMutexLock lock(&mu_);
  changes.swap(changes_);
  for (auto& [key, change] : changes) Note(key, std::move(change));  // what came meanwhile is newer
  return status;
}

bool WriteBehind::IsWorthWriting(Duration longest_wait) const {
  return !stored_wait_ || longest_wait > *stored_wait_ ||
         ToSeconds(longest_wait) < kShrunkShare * ToSeconds(*stored_wait_);
}

absl::Status WriteBehind::Write(Changes& changes, std::optional<Duration> longest_wait) {
  std::vector<store::StoreChange> batch;
  std::vector<Key> keys;
  while (longest_wait || !changes.empty()) {
    batch.clear();
    keys.clear();
    if (longest_wait) batch.push_back(store::SetLongestWait{*longest_wait});
    for (auto next = changes.begin(); next != changes.end() && keys.size() < kBatchSizeMax;
         ++next) {
      keys.push_back(next->first);
      batch.push_back(ToStore(next->first, next->second));
    }
    if (absl::Status status = store_.Apply(batch); !status.ok()) return status;
    if (longest_wait) stored_wait_ = *std::exchange(longest_wait, std::nullopt);
    for (const Key& key : keys) changes.erase(key);
  }
  return absl::OkStatus();
}

store::StoreChange WriteBehind::ToStore(const Key& key, const Change& change) const {
  if (!change) return store::RemoveMember{key.first, key.second};
  const Duration age = clock_.Now() - change->joined;
  return store::PutMember{{.swarm = change->swarm,
                           .member = change->member,
                           .joined_unix_ms = unix_clock_() - Milliseconds64(age)}};
}

absl::Status WriteBehind::Load(
    absl::FunctionRef<bool(const membership::MemberRecord&)> visit) const {
  const TimePoint now = clock_.Now();
  const std::int64_t unix_now = unix_clock_();
  return store_.Load([&](const store::StoredMember& stored) {
    const std::int64_t age =
        std::clamp<std::int64_t>(unix_now - stored.joined_unix_ms, 0, kAgeMaxMs);
    return visit({.swarm = stored.swarm,
                  .member = stored.member,
                  .joined = now - Milliseconds(age),
                  .expires = TimePoint()});
  });
}

std::size_t WriteBehind::unwritten() const {
  VisibleMutexLock lock(&mu_);
  return changes_.size();
}

std::uint64_t WriteBehind::lost() const {
  VisibleMutexLock lock(&mu_);
  return lost_;
}

}  // namespace shoal::service
