#include "client/runtime/playlist_fetcher.h"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "client/hls/parse_limits.h"

namespace shoal::runtime {

class CdnPlaylistFetcher::Transfer final : public cdn::FetchListener {
 public:
  Transfer(CdnPlaylistFetcher& owner, Callback on_answer)
      : callback(std::move(on_answer)), owner_(owner), timer_(owner.io_) {}

  void Began(cdn::TransferId id, Duration limit) {
    timer_.expires_after(limit);
    // A wait that has run out can no longer be cancelled when the transfer ends in the same turn of
    // the loop, so the handler must not rely on this object.
    timer_.async_wait([owner = &owner_, id](const boost::system::error_code& error) {
      if (error == boost::asio::error::operation_aborted) return;
      owner->TimeOut(id);
    });
  }

  void OnHead(cdn::TransferId, const cdn::ResponseHead& head) override { answer_.head = head; }

  void OnBody(cdn::TransferId, absl::string_view bytes) override {
    answer_.body.append(bytes.data(), bytes.size());
  }

  void OnDone(cdn::TransferId id, const cdn::FetchResult& result) override {
    answer_.outcome = result.outcome;
    answer_.message = result.message;
    owner_.End(id, std::move(answer_));
  }

  const Callback callback;

 private:
  CdnPlaylistFetcher& owner_;
  boost::asio::steady_timer timer_;
  PlaylistAnswer answer_;
};

CdnPlaylistFetcher::CdnPlaylistFetcher(boost::asio::io_context& io, cdn::CdnClient& cdn,
                                       UrlSpace& space)
    : io_(io), cdn_(cdn), space_(space) {}

CdnPlaylistFetcher::~CdnPlaylistFetcher() {
  for (const auto& entry : transfers_) cdn_.Cancel(entry.first);
}

void CdnPlaylistFetcher::Load(PlaylistAsk ask, Callback callback) {
  cdn::FetchRequest request{.url = ask.url.ToString(), .headers = std::move(ask.headers)};
  request.accept_gzip = true;
  request.body_limit = hls::ParseLimits().text_bytes;
  request.stall_timeout = ask.blocking ? kBlockingLoadLimit : kPlaylistStallTimeout;
  space_.Guard(&request);
  auto transfer = std::make_unique<Transfer>(*this, std::move(callback));
  const cdn::TransferId id = cdn_.Start(std::move(request), transfer.get());
  transfer->Began(id, ask.blocking ? kBlockingLoadLimit : kPlaylistLoadLimit);
  transfers_.emplace(id, std::move(transfer));
}

void CdnPlaylistFetcher::TimeOut(cdn::TransferId id) {
  if (!transfers_.contains(id)) return;
  cdn_.Cancel(id);
  End(id, {.outcome = cdn::FetchOutcome::kTimedOut,
           .message = "the playlist was not complete in time"});
}

void CdnPlaylistFetcher::End(cdn::TransferId id, PlaylistAnswer answer) {
  const auto it = transfers_.find(id);
  // Kept until the callback is through: it may start another load, which moves the map.
  const std::unique_ptr<Transfer> transfer = std::move(it->second);
  transfers_.erase(it);
  transfer->callback(std::move(answer));
}

}  // namespace shoal::runtime
