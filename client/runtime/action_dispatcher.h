// Carries out the core's actions by handing each to the part that can.
//
// Threads: loop thread only. Ownership: borrows all that it is given.
#ifndef SHOAL_CLIENT_RUNTIME_ACTION_DISPATCHER_H_
#define SHOAL_CLIENT_RUNTIME_ACTION_DISPATCHER_H_

#include <functional>

#include "absl/strings/string_view.h"
#include "client/cache/segment_cache.h"
#include "client/core/actions.h"
#include "client/runtime/cdn_fetcher.h"
#include "client/runtime/client_loop.h"
#include "client/runtime/link_router.h"
#include "client/runtime/playlist_service.h"
#include "client/runtime/segment_service.h"
#include "client/runtime/stream_registry.h"
#include "client/runtime/tracker_link.h"

namespace shoal::runtime {

class ActionDispatcher final : public ActionExecutor {
 public:
  struct Parts {
    cache::SegmentCache& cache;
    StreamRegistry& registry;
    CdnFetcher& fetcher;
    PlaylistService& playlists;
    SegmentService& segments;
    LinkRouter& links;
    TrackerLink& tracker;
  };
  explicit ActionDispatcher(const Parts& parts) : parts_(parts) {}

  void Execute(const core::Action& action, absl::string_view payload) override;

 private:
  void Store(const core::StoreBytes& store, absl::string_view payload);
  void Drop(const core::SegmentRef& segment);
  void Close(core::StreamId stream);

  const Parts parts_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_ACTION_DISPATCHER_H_
