// A lock that ThreadSanitizer sees, which it does not see of absl::Mutex: the system's Abseil is built
// without it. For what is tested under it; elsewhere the two are alike.
//
// Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_VISIBLE_MUTEX_H_
#define SHOAL_TRACKER_SERVICE_VISIBLE_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace shoal::service {

class ABSL_LOCKABLE VisibleMutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mu_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }

 private:
  std::mutex mu_;
};

class ABSL_SCOPED_LOCKABLE VisibleMutexLock {
 public:
  explicit VisibleMutexLock(VisibleMutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) {
    mu_->Lock();
  }
  ~VisibleMutexLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  VisibleMutexLock(const VisibleMutexLock&) = delete;
  VisibleMutexLock& operator=(const VisibleMutexLock&) = delete;

 private:
  VisibleMutex* const mu_;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_VISIBLE_MUTEX_H_
