#include "client/runtime/action_dispatcher.h"

#include <spdlog/spdlog.h>

#include <string>
#include <variant>

#include "absl/status/status.h"
#include "common/base/overloaded.h"

namespace shoal::runtime {
void ActionDispatcher::Execute(const core::Action& action, absl::string_view payload) {
  std::visit(
      Overloaded{
          [this](const core::FetchPlaylist& a) { parts_.playlists.Fetch(a.stream); },
          [this](const core::FetchFromCdn& a) { parts_.fetcher.Fetch(a); },
          [this](const core::CancelFetch& a) { parts_.fetcher.Cancel(a.fetch); },
          [this, payload](const core::StoreBytes& a) { Store(a, payload); },
          [this](const core::DropSegment& a) { Drop(a.segment); },
          [this](const core::ReleaseRequest& a) {
            parts_.segments.Release(a.request, a.segment_length);
          },
          [this](const core::RelayRequest& a) { parts_.segments.RelayRequest(a.request); },
          [this](const core::FailRequest& a) { parts_.segments.Fail(a.request, a.http_status); },
          [this](const core::Dial& a) { parts_.links.Dial(a); },
          [this](const core::CloseLink& a) { parts_.links.CloseLink(a); },
          [this](const core::SendMessage& a) { parts_.links.SendMessage(a); },
          [this](const core::SendData& a) { parts_.links.SendData(a); },
          [this](const core::Announce& a) { parts_.tracker.Announce(a); },
          [this](const core::CloseStream& a) { Close(a.stream); },
      },
      action);
}

void ActionDispatcher::Store(const core::StoreBytes& store, absl::string_view payload) {
  // Only a fault of ours could make them lie outside; then the bytes are not there to be stored.
  if (store.skip > payload.size() || store.size > payload.size() - store.skip) {
    spdlog::error("no payload for bytes of segment {}", store.segment.ToString());
    return parts_.segments.BytesLost(store.segment);
  }
  const absl::Status stored =
      parts_.cache.Store(store.segment, store.offset, payload.substr(store.skip, store.size));
  if (stored.ok()) return parts_.segments.BytesStored(store.segment);
  spdlog::debug("segment {} cannot be cached: {}", store.segment.ToString(),
                std::string(stored.message()));
  parts_.segments.BytesLost(store.segment);
}

void ActionDispatcher::Drop(const core::SegmentRef& segment) {
  parts_.cache.Drop(segment);
  parts_.registry.ForgetValidators(segment);
  parts_.segments.SegmentDropped(segment);
}

void ActionDispatcher::Close(core::StreamId stream) {
  parts_.links.CloseStream(stream);
  parts_.playlists.CloseStream(stream);
  parts_.cache.DropStream(stream);
}

}  // namespace shoal::runtime
