// Loads whole resources that are small from the CDN, playlists above all: bounded in bytes and time.
// Threads: loop thread only.
#ifndef SHOAL_CLIENT_RUNTIME_RESOURCE_FETCHER_H_
#define SHOAL_CLIENT_RUNTIME_RESOURCE_FETCHER_H_

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "client/cdn/cdn_client.h"
#include "client/hls/parse_limits.h"
#include "client/hls/url.h"
#include "client/runtime/url_space.h"
#include "common/base/byte_range.h"
#include "common/time/time.h"

namespace shoal::runtime {

// A load takes no longer than this, even if bytes trickle in. Players give up after 10 s.
inline constexpr Duration kLoadLimit = Seconds(8);
// Without a byte. Short, so that something else can be served before the player gives up.
inline constexpr Duration kLoadStallTimeout = Seconds(4);
// Both, for a low-latency player's request for a playlist that does not exist yet.
inline constexpr Duration kBlockingLoadLimit = Seconds(30);

struct ResourceAsk {
  hls::Url url;
  cdn::Headers headers;
  bool blocking = false;                                     // the origin may hold the answer back
  std::optional<ByteRange> range;                            // nullopt: all of it
  std::uint64_t body_limit = hls::ParseLimits().text_bytes;  // beyond: kTooLarge
  bool accept_gzip = true;                                   // see cdn::FetchRequest
};

struct ResourceAnswer {
  cdn::FetchOutcome outcome = cdn::FetchOutcome::kComplete;
  std::string message;                    // what went wrong; empty if complete
  std::optional<cdn::ResponseHead> head;  // nullopt: there was no answer
  std::string body;                       // unpacked

  // A whole answer with this status.
  bool Is(int status) const {
    return outcome == cdn::FetchOutcome::kComplete && head && head->status == status;
  }
};

class ResourceFetcher {
 public:
  using Callback = std::function<void(ResourceAnswer)>;
  virtual ~ResourceFetcher() = default;
  // `callback` is called once, from the loop, never from within this call.
  virtual void Load(ResourceAsk ask, Callback callback) = 0;
};

// Ownership: borrows all that it is given. Destroying it drops the callbacks.
class CdnResourceFetcher final : public ResourceFetcher {
 public:
  CdnResourceFetcher(boost::asio::io_context& io, cdn::CdnClient& cdn, UrlSpace& space);
  ~CdnResourceFetcher() override;

  void Load(ResourceAsk ask, Callback callback) override;

 private:
  class Transfer;

  void TimeOut(cdn::TransferId id);
  void End(cdn::TransferId id, ResourceAnswer answer);

  boost::asio::io_context& io_;
  cdn::CdnClient& cdn_;
  UrlSpace& space_;
  absl::flat_hash_map<cdn::TransferId, std::unique_ptr<Transfer>> transfers_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_RESOURCE_FETCHER_H_
