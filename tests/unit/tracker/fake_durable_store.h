// A store that keeps what it holds while the test runs, as if on disk; and that fails, or is slow to
// load, when told so. Threads: any.
#ifndef SHOAL_TESTS_UNIT_TRACKER_FAKE_DURABLE_STORE_H_
#define SHOAL_TESTS_UNIT_TRACKER_FAKE_DURABLE_STORE_H_

#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tracker/store/in_memory_membership_store.h"

namespace shoal {

class FakeDurableStore final : public store::MembershipStore {
 public:
  absl::Status Apply(const std::vector<store::StoreChange>& changes) override {
    absl::MutexLock lock(&mu_);
    return refusal_.ok() ? store_.Apply(changes) : refusal_;
  }

  absl::Status Load(absl::FunctionRef<bool(const store::StoredMember&)> visit) const override {
    const std::vector<store::StoredMember> members = Members();
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(&may_load_));
    }
    for (const store::StoredMember& member : members) {
      if (!visit(member)) return absl::OkStatus();
    }
    absl::MutexLock lock(&mu_);
    return damage_;
  }

  absl::StatusOr<std::optional<Duration>> LongestWait() const override {
    return store_.LongestWait();
  }
  bool outlives_process() const override { return true; }

  // What Apply answers from now on, and what Load ends with.
  void RefuseWith(absl::Status status) {
    absl::MutexLock lock(&mu_);
    refusal_ = std::move(status);
  }
  void EndLoadWith(absl::Status status) {
    absl::MutexLock lock(&mu_);
    damage_ = std::move(status);
  }
  // Whether Load goes on. REQUIRES: it may when the store's user is ended.
  void LetLoad(bool may) {
    absl::MutexLock lock(&mu_);
    may_load_ = may;
  }

  std::vector<store::StoredMember> Members() const {
    std::vector<store::StoredMember> members;
    (void)store_.Load([&](const store::StoredMember& member) {
      members.push_back(member);
      return true;
    });
    return members;
  }
  std::size_t size() const { return Members().size(); }

  // Waits, for a few seconds at most, until it holds so many members.
  bool BecomesSize(std::size_t members) const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (size() != members && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return size() == members;
  }

 private:
  mutable absl::Mutex mu_;
  bool may_load_ ABSL_GUARDED_BY(mu_) = true;
  absl::Status refusal_ ABSL_GUARDED_BY(mu_);
  absl::Status damage_ ABSL_GUARDED_BY(mu_);
  store::InMemoryMembershipStore store_;
};

}  // namespace shoal

#endif  // SHOAL_TESTS_UNIT_TRACKER_FAKE_DURABLE_STORE_H_
