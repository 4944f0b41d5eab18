// What all streams of one transport share: how many are alive, and how many bytes they have queued.
// Threads: any.
#ifndef SHOAL_CLIENT_PEER_STREAM_TOTALS_H_
#define SHOAL_CLIENT_PEER_STREAM_TOTALS_H_

#include <atomic>
#include <cstddef>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/time/time.h"

namespace shoal::peer {

class StreamTotals {
 public:
  void AddStream() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    ++streams_;
  }
  void RemoveStream() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    --streams_;
  }
  // Waits until no stream is alive: gRPC has let go of all. False if `limit` passed first; without
  // one it waits as long as it takes.
  bool AwaitNone(std::optional<Duration> limit) ABSL_LOCKS_EXCLUDED(mu_) {
    const absl::Duration timeout =
        limit ? absl::Microseconds(limit->count()) : absl::InfiniteDuration();
    absl::MutexLock lock(&mu_);
    return mu_.AwaitWithTimeout(absl::Condition(this, &StreamTotals::NoStreams), timeout);
  }

  std::atomic<std::size_t>& queued_bytes() { return queued_bytes_; }

 private:
  bool NoStreams() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return streams_ == 0; }

  absl::Mutex mu_;
  int streams_ ABSL_GUARDED_BY(mu_) = 0;
  std::atomic<std::size_t> queued_bytes_{0};
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_STREAM_TOTALS_H_
