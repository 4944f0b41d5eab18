#include "client/runtime/tracker_link.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

namespace shoal::runtime {

void TrackerLink::Announce(const core::Announce& announce) {
  if (tracker_ == nullptr) {
    sink_.Post(core::AnnounceFailed{});
    return;
  }
  ++under_way_;
  tracker_->Announce(announce, [this](absl::StatusOr<core::AnnounceAnswered> answer) {
    Answered(std::move(answer));
  });
}

void TrackerLink::Answered(absl::StatusOr<core::AnnounceAnswered> answer) {
  --under_way_;
  reachable_ = answer.ok();
  if (answer.ok()) {
    if (std::exchange(lost_, false)) spdlog::info("the tracker is back");
    sink_.Post(*std::move(answer));
  } else {
    if (!std::exchange(lost_, true)) {
      spdlog::warn("no tracker ({}); going on with the peers known",
                   std::string(answer.status().message()));
    }
    sink_.Post(core::AnnounceFailed{});
  }
  if (under_way_ == 0 && idle_) std::exchange(idle_, nullptr)();
}

void TrackerLink::WhenIdle(std::function<void()> idle) {
  if (under_way_ == 0) return idle();
  idle_ = std::move(idle);
}

}  // namespace shoal::runtime
