// Pass-through: answers a player with what the CDN answers, as it comes, for all that is not a
// playlist or a listed segment.
//
// Status and headers are passed on as they are (see http_headers.h for what is left out), so are
// the player's conditions and ranges. A player that reads slowly slows the transfer down. If the
// CDN cannot be reached the player gets 502, if it is silent 504, each with a line that says why;
// if it breaks off in mid-body the player's connection is reset.
//
// An answer that turns out to be a playlist, whatever its name, is collected and given to the
// playlist taker; one that is too large for a playlist is passed through after all.
//
// Threads: loop thread only. Ownership: borrows `cdn` and `space`. Destroying it cancels all
// transfers; their players' connections are reset.
#ifndef SHOAL_CLIENT_RUNTIME_RELAY_H_
#define SHOAL_CLIENT_RUNTIME_RELAY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "client/cdn/cdn_client.h"
#include "client/proxy/exchange.h"
#include "client/runtime/pass_through.h"
#include "client/runtime/url_space.h"
#include "common/base/byte_range.h"
#include "common/time/time.h"

namespace shoal::runtime {

// Without a byte from the CDN. Low-latency origins hold a request until what it asks for exists.
inline constexpr Duration kRelayStallTimeout = Seconds(30);

struct RelayFigures {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;     // of bodies, from the CDN
  std::uint64_t failures = 0;  // that the player saw as 502, 504 or a reset
};

class Relay final : public PassThrough {
 public:
  // A whole answer that is a playlist: head, and body of at most hls::ParseLimits().text_bytes.
  using PlaylistTaker = std::function<void(std::shared_ptr<proxy::Exchange>, const hls::Url& asked,
                                           const cdn::ResponseHead&, std::string body)>;

  Relay(cdn::CdnClient& cdn, UrlSpace& space);
  ~Relay() override;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Without one playlists are passed through like anything else. Must be set before the first use.
  void set_playlist_taker(PlaylistTaker taker) { taker_ = std::move(taker); }

  void Start(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url, OnEnd on_end) override;
  void StartPlain(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url) override;
  void Continue(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
                const ByteRange& range, const std::string& etag, OnEnd on_end) override;

  const RelayFigures& figures() const { return figures_; }

 private:
  class Session;

  void Run(std::unique_ptr<Session> session, cdn::FetchRequest request);
  void End(cdn::TransferId id);
  void Cancel(cdn::TransferId id);

  cdn::CdnClient& cdn_;
  UrlSpace& space_;
  PlaylistTaker taker_;
  RelayFigures figures_;
  absl::flat_hash_map<cdn::TransferId, std::unique_ptr<Session>> sessions_;
};

// The answer to a player when a transfer ended without one: 504 if the CDN was silent, else 502.
int StatusForOutcome(cdn::FetchOutcome outcome);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_RELAY_H_
