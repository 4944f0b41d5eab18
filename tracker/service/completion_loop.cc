#include "tracker/service/completion_loop.h"

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
  while (queue_->Next(&tag, &ok)) {
    absl::MutexLock lock(&mu_);
    static_cast<Call*>(tag)->Proceed(ok, !shut_down_);
  }
}

}  // namespace shoal::service
