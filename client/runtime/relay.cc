#include "client/runtime/relay.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/hls/parse_limits.h"
#include "client/hls/playlist.h"
#include "client/runtime/http_headers.h"

namespace shoal::runtime {

int StatusForOutcome(cdn::FetchOutcome outcome) {
  return outcome == cdn::FetchOutcome::kTimedOut ? 504 : 502;
}

// One transfer and the answer that it feeds.
class Relay::Session final : public cdn::FetchListener {
 public:
  enum class Mode {
    kLooking,     // the head is kept back until the body shows whether it is a playlist
    kCollecting,  // it is
    kStreaming,
    kContinuing,  // the head went out earlier, with the first part of the body
  };

  Session(Relay& relay, std::shared_ptr<proxy::Exchange> exchange, hls::Url url, Mode mode,
          OnEnd on_end)
      : relay_(relay),
        exchange_(std::move(exchange)),
        url_(std::move(url)),
        on_end_(std::move(on_end)),
        mode_(mode) {}

  ~Session() override {
    if (over_) return;
    LetGo();
    exchange_->Abort();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Began(cdn::TransferId id) {
    id_ = id;
    // By id, for a callback that is on its way already may come after this object's end.
    exchange_->OnWritable([relay = &relay_, id] { relay->cdn_.Resume(id); });
    exchange_->OnClosed([relay = &relay_, id](proxy::CloseReason) { relay->Cancel(id); });
  }

  void TellEnd() const {
    if (on_end_) on_end_(complete_);
  }

  void Expect(const ByteRange& range, std::string etag) {
    range_ = range;
    etag_ = std::move(etag);
  }

  void OnHead(cdn::TransferId, const cdn::ResponseHead& head) override {
    head_ = head;
    if (mode_ == Mode::kContinuing) {
      CheckContinuation();
    } else if (mode_ == Mode::kLooking && !MayBePlaylist()) {
      BeginStreaming();
    } else if (mode_ == Mode::kStreaming) {
      SendHead();
    }
    if (over_) relay_.Cancel(id_);  // destroys this
  }

  void OnBody(cdn::TransferId, absl::string_view bytes) override {
    relay_.figures_.bytes += bytes.size();
    if (mode_ == Mode::kStreaming || mode_ == Mode::kContinuing) {
      Write(std::string(bytes));
    } else {
      Collect(bytes);
    }
    if (over_) relay_.Cancel(id_);  // destroys this
  }

  void OnDone(cdn::TransferId id, const cdn::FetchResult& result) override {
    Finish(result);
    relay_.End(id);  // destroys this
  }

 private:
  // Only a whole answer can be one.
  bool MayBePlaylist() const {
    if (!relay_.taker_ || exchange_->request().is_head()) return false;
    if (head_->status == 200) return true;
    const auto& range = head_->content_range;
    return head_->status == 206 && range && range->range && range->range->begin == 0 &&
           range->total == range->range->end;
  }

  void Collect(absl::string_view bytes) {
    body_.append(bytes.data(), bytes.size());
    if (mode_ == Mode::kLooking && body_.size() >= hls::kPlaylistPrefixBytes) {
      mode_ = Mode::kCollecting;
      if (!hls::IsPlaylist(body_)) return BeginStreaming();
    }
    if (body_.size() > hls::ParseLimits().text_bytes) BeginStreaming();
  }

  void CheckContinuation() {
    const auto& content_range = head_->content_range;
    const std::string etag = StrongEtag(head_->headers);
    const bool same = etag_.empty() || etag.empty() || etag == etag_;
    if (head_->status == 206 && content_range && content_range->range == range_ && same) return;
    Fail("the CDN does not give the rest of a segment");
  }

  void SendHead() {
    const absl::Status sent = exchange_->SendHead(
        head_->status, AnswerHeadersForPlayer(head_->headers), head_->content_length);
    if (sent.ok()) return;
    Fail(sent.message());
  }

  void BeginStreaming() {
    mode_ = Mode::kStreaming;
    SendHead();
    if (!over_ && !body_.empty()) Write(std::exchange(body_, {}));
  }

  void Write(std::string bytes) {
    if (!over_ && !exchange_->Write(std::move(bytes))) relay_.cdn_.Pause(id_);
  }

  // Ends the answer badly; what else comes of the transfer is of no use.
  void Fail(absl::string_view why) {
    if (over_) return;
    LetGo();
    ++relay_.figures_.failures;
    spdlog::debug("pass-through of {} failed: {}", url_.path(), std::string(why));
    if (exchange_->head_sent()) {
      exchange_->Abort();
    } else {
      RespondMediaError(*exchange_, 502, why);
    }
  }

  void Finish(const cdn::FetchResult& result) {
    if (over_) return;
    const bool complete = result.outcome == cdn::FetchOutcome::kComplete;
    if (!complete) {
      // A body that goes on after its announced end is complete for the player all the same.
      const bool enough = result.outcome == cdn::FetchOutcome::kTooLarge && exchange_->head_sent();
      if (!enough) return FailWith(result);
    } else if (mode_ == Mode::kLooking || mode_ == Mode::kCollecting) {
      if (MayBePlaylist() && hls::IsPlaylist(body_)) {
        LetGo();
        complete_ = true;
        return relay_.taker_(exchange_, url_, *head_, std::move(body_));
      }
      BeginStreaming();
    }
    if (over_) return;
    LetGo();
    complete_ = true;
    exchange_->Finish();
  }

  // The exchange lives on without this session.
  void LetGo() {
    over_ = true;
    exchange_->OnWritable({});
    exchange_->OnClosed({});
  }

  void FailWith(const cdn::FetchResult& result) {
    if (exchange_->head_sent()) return Fail(result.message);
    LetGo();
    ++relay_.figures_.failures;
    RespondMediaError(*exchange_, StatusForOutcome(result.outcome),
                      absl::StrCat("The origin gave no answer: ", result.message));
  }

  Relay& relay_;
  const std::shared_ptr<proxy::Exchange> exchange_;
  const hls::Url url_;
  const OnEnd on_end_;
  Mode mode_;
  cdn::TransferId id_ = 0;
  ByteRange range_;
  std::string etag_;
  std::optional<cdn::ResponseHead> head_;
  std::string body_;
  bool over_ = false;      // the answer has ended, well or not
  bool complete_ = false;  // well
};

Relay::Relay(cdn::CdnClient& cdn, UrlSpace& space) : cdn_(cdn), space_(space) {}

Relay::~Relay() {
  for (const auto& entry : sessions_) cdn_.Cancel(entry.first);
}

void Relay::Start(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url, OnEnd on_end) {
  const proxy::Request& request = exchange->request();
  cdn::FetchRequest fetch{.url = url.ToString(), .method = std::string(request.method_name())};
  fetch.headers = RequestHeadersUpstream(request, space_.IsOrigin(url));
  // To be looked at, an answer must come unpacked; players do not notice.
  fetch.accept_gzip = request.method() == proxy::Method::kGet && !request.FindHeader("Range");
  Run(std::make_unique<Session>(*this, std::move(exchange), url, Session::Mode::kLooking,
                                std::move(on_end)),
      std::move(fetch));
}

void Relay::StartPlain(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url) {
  const proxy::Request& request = exchange->request();
  cdn::FetchRequest fetch{.url = url.ToString(), .method = std::string(request.method_name())};
  fetch.headers = RequestHeadersUpstream(request, space_.IsOrigin(url));
  Run(std::make_unique<Session>(*this, std::move(exchange), url, Session::Mode::kStreaming,
                                nullptr),
      std::move(fetch));
}

void Relay::Continue(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
                     const ByteRange& range, const std::string& etag, OnEnd on_end) {
  cdn::FetchRequest fetch{.url = url.ToString()};
  for (auto& field : RequestHeadersUpstream(exchange->request(), space_.IsOrigin(url))) {
    if (absl::EqualsIgnoreCase(field.first, "Range") ||
        absl::StartsWithIgnoreCase(field.first, "If-") ||
        absl::EqualsIgnoreCase(field.first, "Accept-Encoding")) {
      continue;
    }
    fetch.headers.push_back(std::move(field));
  }
  if (!etag.empty()) fetch.headers.emplace_back("If-Range", etag);
  fetch.range = range;
  auto session = std::make_unique<Session>(*this, std::move(exchange), url,
                                           Session::Mode::kContinuing, std::move(on_end));
  session->Expect(range, etag);
  Run(std::move(session), std::move(fetch));
}

void Relay::Run(std::unique_ptr<Session> session, cdn::FetchRequest request) {
  ++figures_.requests;
  request.stall_timeout = kRelayStallTimeout;
  space_.Guard(&request);
  const cdn::TransferId id = cdn_.Start(std::move(request), session.get());
  session->Began(id);
  sessions_.emplace(id, std::move(session));
}

void Relay::End(cdn::TransferId id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return;
  const std::unique_ptr<Session> session = std::move(it->second);
  sessions_.erase(it);
  session->TellEnd();
}

void Relay::Cancel(cdn::TransferId id) {
  cdn_.Cancel(id);
  End(id);
}

}  // namespace shoal::runtime
