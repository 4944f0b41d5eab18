// Stand-ins for what surrounds the runtime's services: players, core, CDN, time.
#ifndef SHOAL_TESTS_UNIT_CLIENT_RUNTIME_FAKES_H_
#define SHOAL_TESTS_UNIT_CLIENT_RUNTIME_FAKES_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/hls/url.h"
#include "client/proxy/exchange.h"
#include "client/runtime/event_sink.h"
#include "client/runtime/pass_through.h"
#include "client/runtime/resource_fetcher.h"
#include "common/time/time.h"

namespace shoal::runtime {

inline hls::Url UrlOf(absl::string_view text) { return *hls::Url::Parse(text); }

class FakeClock final : public Clock {
 public:
  TimePoint Now() const override { return now; }
  TimePoint now = TimePoint() + Seconds(1000);
};

// A player: one request, and what it got.
class FakePlayer final : public proxy::AnswerSink {
 public:
  void Send(proxy::SharedBytes bytes) override {
    sent.append(bytes.bytes.data(), bytes.bytes.size());
    if (blocked) unsent += bytes.bytes.size();
  }
  std::size_t unsent_bytes() const override { return unsent; }
  void EndAnswer(std::shared_ptr<proxy::Exchange> exchange) override {
    finished = std::move(exchange);
  }
  void Reset() override { reset = true; }
  void AnswerDropped() override { reset = true; }
  void Post(std::function<void()> task) override { task(); }

  std::string status() const { return sent.substr(9, 3); }
  std::string body() const { return sent.substr(sent.find("\r\n\r\n") + 4); }
  bool HasLine(absl::string_view line) const {
    return absl::StrContains(sent, absl::StrCat("\r\n", line, "\r\n"));
  }
  // Takes what waits, and goes on reading.
  void TakeAll(proxy::Exchange& exchange) {
    blocked = false;
    unsent = 0;
    exchange.HandleSent();
  }

  std::string sent;
  bool blocked = false;
  std::size_t unsent = 0;
  bool reset = false;
  std::shared_ptr<proxy::Exchange> finished;
};

struct Asked {
  std::shared_ptr<FakePlayer> player = std::make_shared<FakePlayer>();
  std::shared_ptr<proxy::Exchange> exchange;
};

inline proxy::Request RequestFor(absl::string_view target, proxy::Headers headers = {},
                                 absl::string_view method = "GET") {
  if (!headers.Has("Host")) headers.Add("Host", "127.0.0.1:8090");
  proxy::RawRequest raw{.method = std::string(method),
                        .target = std::string(target),
                        .headers = std::move(headers),
                        .remote_address = "127.0.0.1",
                        .local_address = "127.0.0.1",
                        .local_port = 8090,
                        .listening_host = "127.0.0.1"};
  return std::get<proxy::Request>(proxy::Request::Make(std::move(raw), proxy::Limits()));
}

inline Asked Ask(absl::string_view target, proxy::Headers headers = {},
                 absl::string_view method = "GET") {
  Asked asked;
  asked.exchange = std::make_shared<proxy::Exchange>(RequestFor(target, std::move(headers), method),
                                                     proxy::Limits(), asked.player);
  return asked;
}

// Keeps the events.
class FakeCore final : public EventSink {
 public:
  void Post(core::Event event, absl::string_view) override { events.push_back(std::move(event)); }

  // Those of one kind.
  template <class E>
  std::vector<E> All() const {
    std::vector<E> found;
    for (const core::Event& event : events) {
      if (const E* e = std::get_if<E>(&event)) found.push_back(*e);
    }
    return found;
  }

  std::vector<core::Event> events;
};

// Keeps what it was asked to do.
class FakePassThrough final : public PassThrough {
 public:
  struct Call {
    std::shared_ptr<proxy::Exchange> exchange;
    std::string url;
    ByteRange range;
    std::string etag;
    OnEnd on_end;
  };
  void Start(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
             OnEnd on_end) override {
    started.push_back({std::move(exchange), url.ToString(), {}, "", std::move(on_end)});
  }
  void StartPlain(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url) override {
    plain.push_back({std::move(exchange), url.ToString(), {}, "", nullptr});
  }
  void Continue(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
                const ByteRange& range, const std::string& etag, OnEnd on_end) override {
    continued.push_back({std::move(exchange), url.ToString(), range, etag, std::move(on_end)});
  }

  std::vector<Call> started;
  std::vector<Call> plain;
  std::vector<Call> continued;
};

// A CDN whose answers the test gives, one by one.
class FakeResourceFetcher final : public ResourceFetcher {
 public:
  void Load(ResourceAsk ask, Callback callback) override {
    asks.push_back(std::move(ask));
    callbacks_.push_back(std::move(callback));
  }

  // Answers the latest ask.
  void Answer(int status, std::string body, cdn::Headers headers = {}, std::string url = "") {
    if (url.empty()) url = asks.back().url.ToString();
    Give({.head =
              cdn::ResponseHead{
                  .status = status, .headers = std::move(headers), .effective_url = std::move(url)},
          .body = std::move(body)});
  }
  void AnswerHead(cdn::ResponseHead head, std::string body) {
    Give({.head = std::move(head), .body = std::move(body)});
  }
  void Fail(cdn::FetchOutcome outcome) {
    Give({.outcome = outcome, .message = "as the test says"});
  }

  std::vector<ResourceAsk> asks;

 private:
  void Give(ResourceAnswer answer) {
    const Callback callback = std::move(callbacks_.back());
    callbacks_.pop_back();
    callback(std::move(answer));
  }

  std::vector<Callback> callbacks_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_TESTS_UNIT_CLIENT_RUNTIME_FAKES_H_
