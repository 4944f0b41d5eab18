#include "tracker/service/completion_loop.h"

#include <grpc/support/time.h>

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
  void* tag = nullptr;
  bool ok = false;
  if (pace_ == Pace::kPrompt) {
    while (queue_->Next(&tag, &ok)) Proceed(tag, ok);
    return;
  }
  while (true) {
    switch (queue_->AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC))) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::GOT_EVENT:
        Proceed(tag, ok);
        break;
      case grpc::CompletionQueue::TIMEOUT:
        Pause();
        break;
    }
  }
}

void CompletionLoop::Proceed(void* tag, bool ok) {
  absl::MutexLock lock(&mu_);
  static_cast<Call*>(tag)->Proceed(ok, !shut_down_);
}

void CompletionLoop::Pause() {
  absl::MutexLock lock(&mu_);
  if (!shut_down_) {
    for (Watcher* watcher : watchers_) watcher->Look();
  }
  mu_.AwaitWithTimeout(absl::Condition(&shut_down_), kQuietPause);
}

}  // namespace shoal::service
