#include "tracker/service/completion_loop.h"

#include <grpc/support/time.h>

#include <algorithm>

namespace shoal::service {

void CompletionLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CompletionLoop::Shutdown() {
  {
    absl::MutexLock lock(&mu_);
    if (shut_down_) return;
    shut_down_ = true;
    queue_->Shutdown();
  }
  if (thread_.joinable()) {
    thread_.join();
  } else {
    Run();  // gRPC demands that the queue be drained
  }
}

void CompletionLoop::Run() {
  if (pace_ == Pace::kQuiet) {
    RunQuietly();
    return;
  }
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) Proceed(tag, ok);
}

void CompletionLoop::RunQuietly() {
  void* tag = nullptr;
  bool ok = false;
  absl::Duration pause = kQuietPauseMin;
  while (true) {
    switch (queue_->AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC))) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::GOT_EVENT:
        pause = kQuietPauseMin;
        Proceed(tag, ok);
        break;
      case grpc::CompletionQueue::TIMEOUT:
        Pause(pause);
        pause = std::min(2 * pause, watchers_.empty() ? kIdlePauseMax : kQuietPauseMax);
        break;
    }
  }
}

void CompletionLoop::Proceed(void* tag, bool ok) {
  absl::MutexLock lock(&mu_);
  static_cast<Call*>(tag)->Proceed(ok, !shut_down_);
}

void CompletionLoop::Pause(absl::Duration pause) {
  absl::MutexLock lock(&mu_);
  if (!shut_down_) {
    for (Watcher* watcher : watchers_) watcher->Look();
  }
  mu_.AwaitWithTimeout(absl::Condition(&shut_down_), pause);
}

}  // namespace shoal::service
