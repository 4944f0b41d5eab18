#include "client/runtime/resource_fetcher.h"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace shoal::runtime {

class CdnResourceFetcher::Transfer final : public cdn::FetchListener {
 public:
  Transfer(CdnResourceFetcher& owner, Callback on_answer)
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
  CdnResourceFetcher& owner_;
  boost::asio::steady_timer timer_;
  ResourceAnswer answer_;
};

CdnResourceFetcher::CdnResourceFetcher(boost::asio::io_context& io, cdn::CdnClient& cdn,
                                       UrlSpace& space)
    : io_(io), cdn_(cdn), space_(space) {}

CdnResourceFetcher::~CdnResourceFetcher() {
  for (const auto& entry : transfers_) cdn_.Cancel(entry.first);
}

void CdnResourceFetcher::Load(ResourceAsk ask, Callback callback) {
  cdn::FetchRequest request{.url = ask.url.ToString(), .headers = std::move(ask.headers)};
  request.range = ask.range;
  request.accept_gzip = ask.accept_gzip;
  request.body_limit = ask.body_limit;
  request.stall_timeout = ask.blocking ? kBlockingLoadLimit : kLoadStallTimeout;
  space_.Guard(&request);
  auto transfer = std::make_unique<Transfer>(*this, std::move(callback));
  const cdn::TransferId id = cdn_.Start(std::move(request), transfer.get());
  transfer->Began(id, ask.blocking ? kBlockingLoadLimit : kLoadLimit);
  transfers_.emplace(id, std::move(transfer));
}

void CdnResourceFetcher::TimeOut(cdn::TransferId id) {
  if (!transfers_.contains(id)) return;
  cdn_.Cancel(id);
  End(id,
      {.outcome = cdn::FetchOutcome::kTimedOut, .message = "the answer was not complete in time"});
}

void CdnResourceFetcher::End(cdn::TransferId id, ResourceAnswer answer) {
  const auto it = transfers_.find(id);
  // Kept until the callback is through: it may start another load, which moves the map.
  const std::unique_ptr<Transfer> transfer = std::move(it->second);
  transfers_.erase(it);
  transfer->callback(std::move(answer));
}

}  // namespace shoal::runtime
