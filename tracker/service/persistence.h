// Keeps the membership in a store: puts back what it holds while calls are answered already, and
// writes changes behind, ten times a second.
//
// So a tracker that is killed loses what happened in the last 200 ms at most, and one that starts
// answers before it knows everybody (see MembershipTable: warming). Those put back stand for one
// announce interval, the longest that any of them may have been told: whoever is still there calls
// within it, whoever has left meanwhile is gone after it. The wall clock has no say in that.
//
// When the store fails, for example because the disk is full, the membership goes on in memory;
// figures, log and `on_health` tell so until it works again, and then all is written.
//
// Ownership: borrows everything; owns its threads: one writes, two put back (reading takes a third
// of the time).
// Threads:   Start, Stop and the destructor by one thread. `on_health` is called by another.
#ifndef SHOAL_TRACKER_SERVICE_PERSISTENCE_H_
#define SHOAL_TRACKER_SERVICE_PERSISTENCE_H_

#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/time/time.h"
#include "tracker/service/bounded_queue.h"
#include "tracker/service/membership_table.h"
#include "tracker/service/service_figures.h"
#include "tracker/service/write_behind.h"
#include "tracker/store/membership_store.h"

namespace shoal::service {

class Persistence {
 public:
  Persistence(MembershipTable& table, store::MembershipStore& store, StoreFigures& figures,
              const Clock& clock, WriteBehind::UnixClock unix_clock);
  ~Persistence() { Stop(); }
  Persistence(const Persistence&) = delete;
  Persistence& operator=(const Persistence&) = delete;

  // Has the table warm, and begins. From the return on, no change is missed. `on_health` is told at
  // once, at every change, and no more once Stop was called.
  void Start(std::function<void(bool healthy)> on_health);

  // Writes what is left, once, and ends; within a second. What was not put back yet stays stored.
  void Stop();

 private:
  using Batch = std::vector<membership::MemberRecord>;
  using BatchQueue = BoundedQueue<Batch>;

  Duration Grace() const;
  void Restore();
  // All that is stored, into `batches`, which it closes.
  absl::Status Read(BatchQueue& batches);
  void KeepWriting();
  bool Write();
  bool IsStopping();

  MembershipTable& table_;
  store::MembershipStore& store_;
  StoreFigures& figures_;
  const Clock& clock_;
  WriteBehind write_behind_;
  std::function<void(bool healthy)> on_health_;
  std::thread restorer_;
  std::thread writer_;

  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_PERSISTENCE_H_
