// Carries out the core's FetchFromCdn and says what came of it.
//
// Each request repeats the player's latest credentials, names exactly the bytes wanted, and says
// If-Range with the ETag of what is held, so that bytes of two versions never mix.
//
// Threads: loop thread only. Ownership: borrows all that it is given.
#ifndef SHOAL_CLIENT_RUNTIME_CDN_FETCHER_H_
#define SHOAL_CLIENT_RUNTIME_CDN_FETCHER_H_

#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "client/cdn/cdn_client.h"
#include "client/core/actions.h"
#include "client/runtime/cdn_answer.h"
#include "client/runtime/event_sink.h"
#include "client/runtime/stream_registry.h"
#include "client/runtime/url_space.h"
#include "common/time/time.h"

namespace shoal::runtime {

// Without a byte from the CDN, after which the core may try again.
inline constexpr Duration kSegmentStallTimeout = Seconds(4);

// Since the start. Bytes are of the body, of use or not.
struct FetcherFigures {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::uint64_t failures = 0;  // that ended as anything but kComplete
};

class CdnFetcher {
 public:
  struct Parts {
    cdn::CdnClient& cdn;
    StreamRegistry& registry;
    UrlSpace& space;
    EventSink& sink;
    bool share_private = false;
  };
  explicit CdnFetcher(const Parts& parts);
  ~CdnFetcher();
  CdnFetcher(const CdnFetcher&) = delete;
  CdnFetcher& operator=(const CdnFetcher&) = delete;

  // The core's actions of these names.
  void Fetch(const core::FetchFromCdn& fetch);
  void Cancel(core::FetchId id);

  const FetcherFigures& figures() const { return figures_; }

 private:
  class Transfer;

  void Head(core::FetchId id, const cdn::ResponseHead& head);
  void Body(core::FetchId id, absl::string_view bytes);
  void Done(core::FetchId id, const cdn::FetchResult& result);
  void Finish(core::FetchId id, const core::CdnFinished& finished);
  Transfer* Find(core::FetchId id);

  const Parts parts_;
  FetcherFigures figures_;
  absl::flat_hash_map<core::FetchId, std::unique_ptr<Transfer>> transfers_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_CDN_FETCHER_H_
