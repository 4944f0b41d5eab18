#include "tracker/service/persistence.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "tracker/membership/announce_interval.h"

namespace shoal::service {
namespace {

constexpr absl::Duration kWritingInterval = absl::Milliseconds(100);
// How many of these may pass without a change before it is looked, all the same, whether the longest
// wait has changed: that asks every shard.
constexpr int kIdleRoundsMax = 10;
// After a failure. Opening a database that failed costs more than a write.
constexpr absl::Duration kRetryInterval = absl::Seconds(1);
// Members put back while calls wait: half a millisecond's worth.
constexpr std::size_t kRestoredAtOnce = 256;
// Batches that the reader of the store may be ahead of what is put back.
constexpr std::size_t kBatchesAhead = 16;

Duration WithinIntervals(Duration wait) {
  return std::clamp(wait, membership::kAnnounceIntervalMin, membership::kAnnounceIntervalMax);
}

}  // namespace

Persistence::Persistence(MembershipTable& table, store::MembershipStore& store,
                         StoreFigures& figures, const Clock& clock,
                         WriteBehind::UnixClock unix_clock)
    : table_(table),
      store_(store),
      figures_(figures),
      clock_(clock),
      write_behind_(store, clock, std::move(unix_clock)) {}

void Persistence::Start(std::function<void(bool healthy)> on_health) {
  on_health_ = std::move(on_health);
  figures_.present = true;
  table_.set_journal(&write_behind_);
  table_.BeginWarming(Grace());
  on_health_(true);
  restorer_ = std::thread([this] { Restore(); });
  writer_ = std::thread([this] { KeepWriting(); });
}

Duration Persistence::Grace() const {
  const absl::StatusOr<std::optional<Duration>> wait = store_.LongestWait();
  if (!wait.ok() || !*wait) return membership::kAnnounceIntervalMax;
  return WithinIntervals(**wait);
}

void Persistence::Restore() {
  const TimePoint began = clock_.Now();
  BatchQueue batches(kBatchesAhead);
  absl::Status status;
  std::thread reader([&] { status = Read(batches); });
  while (const std::optional<Batch> batch = batches.Pop()) {
    table_.Restore(*batch);
    figures_.restored += batch->size();
  }
  reader.join();
  const Duration taken = clock_.Now() - began;
  figures_.restoring_ms = static_cast<std::uint64_t>(taken.count() / 1000);
  if (IsStopping()) return;
  if (!status.ok()) {
    figures_.damaged = true;
    spdlog::error("not all members could be restored: {}", status.ToString());
    on_health_(false);
  }
  table_.EndWarming();
  spdlog::info("restored {} members in {:.2f} s", figures_.restored.load(), ToSeconds(taken));
}

absl::Status Persistence::Read(BatchQueue& batches) {
  Batch batch;
  const absl::Status status = write_behind_.Load([&](const membership::MemberRecord& record) {
    batch.push_back(record);
    if (batch.size() < kRestoredAtOnce) return true;
    batches.Push(std::exchange(batch, {}));
    batch.reserve(kRestoredAtOnce);
    return !IsStopping();
  });
  batches.Push(std::move(batch));
  batches.Close();
  return status;
}

void Persistence::KeepWriting() {
  bool failed = false;
  int idle_rounds = kIdleRoundsMax;  // the first wait is to be written in any case
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      mu_.AwaitWithTimeout(absl::Condition(&stopping_), failed ? kRetryInterval : kWritingInterval);
      if (stopping_) break;
    }
    const bool is_idle = !failed && write_behind_.unwritten() == 0;
    if (is_idle && ++idle_rounds < kIdleRoundsMax) continue;
    idle_rounds = 0;
    failed = !Write();
  }
  Write();
}

// False if the store refuses.
bool Persistence::Write() {
  const absl::Status status = write_behind_.Flush(WithinIntervals(table_.LongestWait()));
  figures_.unwritten = write_behind_.unwritten();
  figures_.lost = write_behind_.lost();
  figures_.failures += status.ok() ? 0 : 1;
  const bool was_failing = figures_.failing.exchange(!status.ok());
  if (was_failing == !status.ok()) return status.ok();
  if (status.ok()) {
    spdlog::info("members are stored again; all that waited has been written");
  } else {
    spdlog::error("members are kept in memory alone: {}", status.ToString());
  }
  if (!IsStopping()) on_health_(figures_.healthy());
  return status.ok();
}

void Persistence::Stop() {
  if (!writer_.joinable()) return;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  restorer_.join();
  writer_.join();
  table_.set_journal(nullptr);
}

bool Persistence::IsStopping() {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

}  // namespace shoal::service
