// Between the tracker and the core: announces go out, answers come back as events.
//
// Losing the tracker and finding it again is logged, each retry is not.
//
// Threads: loop thread only. Ownership: borrows what it is given.
#ifndef SHOAL_CLIENT_RUNTIME_TRACKER_LINK_H_
#define SHOAL_CLIENT_RUNTIME_TRACKER_LINK_H_

#include <cstddef>
#include <functional>

#include "absl/status/statusor.h"
#include "client/announce/tracker_client.h"
#include "client/core/actions.h"
#include "client/runtime/event_sink.h"

namespace shoal::runtime {

class TrackerLink {
 public:
  explicit TrackerLink(EventSink& sink) : sink_(sink) {}

  // Before the first announce. Without a tracker every announce fails.
  void Use(announce::TrackerClient* tracker) { tracker_ = tracker; }

  // The core's action of this name.
  void Announce(const core::Announce& announce);

  // `idle` is called once when no announce is under way (now, if so).
  void WhenIdle(std::function<void()> idle);

  // The last announce was answered.
  bool reachable() const { return reachable_; }

 private:
  void Answered(absl::StatusOr<core::AnnounceAnswered> answer);

  EventSink& sink_;
  announce::TrackerClient* tracker_ = nullptr;
  std::size_t under_way_ = 0;
  bool reachable_ = false;
  bool lost_ = false;
  std::function<void()> idle_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_TRACKER_LINK_H_
