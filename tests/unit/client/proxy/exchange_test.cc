#include "client/proxy/exchange.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/unit/client/proxy/raw_requests.h"

namespace shoal::proxy {
namespace {

// Takes everything at once into `sent`, unless it is blocked.
class FakeSink final : public AnswerSink {
 public:
  void Send(SharedBytes bytes) override {
    sent.append(bytes.bytes.data(), bytes.bytes.size());
    if (blocked) unsent += bytes.bytes.size();
  }
  std::size_t unsent_bytes() const override { return unsent; }
  void EndAnswer(std::shared_ptr<Exchange> exchange) override { ended = std::move(exchange); }
  void Reset() override { ++resets; }
  void AnswerDropped() override { ++dropped; }
  void Post(std::function<void()> task) override { tasks.push_back(std::move(task)); }

  void RunTasks() {
    for (const auto& task : std::exchange(tasks, {})) task();
  }
  // What was sent after the head.
  std::string body() const { return sent.substr(sent.find("\r\n\r\n") + 4); }
  bool HasLine(absl::string_view line) const {
    return absl::StrContains(sent, absl::StrCat("\r\n", line, "\r\n"));
  }

  std::string sent;
  bool blocked = false;
  std::size_t unsent = 0;
  int resets = 0;
  int dropped = 0;
  std::shared_ptr<Exchange> ended;
  std::deque<std::function<void()>> tasks;
};

class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() {
    limits_.buffer_low_mark = 10;
    limits_.buffer_high_mark = 100;
    limits_.buffer_limit = 1000;
  }
  std::shared_ptr<Exchange> Make(RawRequest raw) {
    return std::make_shared<Exchange>(Checked(std::move(raw)), limits_, sink_);
  }
  std::shared_ptr<Exchange> MakeWith(absl::string_view method, int minor_version = 1) {
    RawRequest raw = GoodRequest();
    raw.method = std::string(method);
    raw.minor_version = minor_version;
    raw.keep_alive = minor_version == 1;
    return Make(std::move(raw));
  }
  // One whose head is sent, with `length`; OnClosed counts into closed_.
  std::shared_ptr<Exchange> MakeOpen(std::optional<std::uint64_t> length) {
    auto exchange = MakeWith("GET");
    exchange->OnClosed([this](CloseReason reason) {
      ++closed_;
      reason_ = reason;
    });
    EXPECT_TRUE(exchange->SendHead(200, {}, length).ok());
    return exchange;
  }

  Limits limits_;
  std::shared_ptr<FakeSink> sink_ = std::make_shared<FakeSink>();
  int closed_ = 0;
  CloseReason reason_ = CloseReason::kPlayerLeft;
};

TEST_F(ExchangeTest, SendsHeadAndBodyOfKnownLength) {
  auto exchange = MakeWith("GET");
  ASSERT_TRUE(exchange->SendHead(200, {{"Content-Type", "video/mp2t"}}, 6).ok());
  EXPECT_TRUE(exchange->Write("abc"));
  EXPECT_TRUE(exchange->Write(std::make_shared<int>(1), "def"));
  exchange->Finish();
  EXPECT_TRUE(absl::StartsWith(sink_->sent, "HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(sink_->HasLine("Content-Length: 6"));
  EXPECT_TRUE(sink_->HasLine("Content-Type: video/mp2t"));
  EXPECT_TRUE(sink_->HasLine("Server: Shoal"));
  EXPECT_TRUE(absl::StrContains(sink_->sent, "\r\nDate: "));
  EXPECT_FALSE(absl::StrContains(sink_->sent, "Connection:"));
  EXPECT_EQ(sink_->body(), "abcdef");
  EXPECT_EQ(sink_->ended, exchange);
  EXPECT_TRUE(exchange->keeps_connection());
}

TEST_F(ExchangeTest, SendsChunksWhenTheLengthIsUnknown) {
  auto exchange = MakeWith("GET");
  ASSERT_TRUE(exchange->SendHead(200, {}, std::nullopt).ok());
  exchange->Write(std::string(17, 'a'));
  exchange->Write("");  // an empty chunk would end the body
  exchange->Write("bc");
  exchange->Finish();
  EXPECT_TRUE(sink_->HasLine("Transfer-Encoding: chunked"));
  EXPECT_FALSE(absl::StrContains(sink_->sent, "Content-Length"));
  EXPECT_EQ(sink_->body(), "11\r\naaaaaaaaaaaaaaaaa\r\n2\r\nbc\r\n0\r\n\r\n");
}

TEST_F(ExchangeTest, EndsBodiesOfUnknownLengthWithTheConnectionForHttp10) {
  auto exchange = MakeWith("GET", 0);
  ASSERT_TRUE(exchange->SendHead(200, {}, std::nullopt).ok());
  exchange->Write("abc");
  exchange->Finish();
  EXPECT_EQ(sink_->body(), "abc");
  EXPECT_TRUE(sink_->HasLine("Connection: close"));
  EXPECT_FALSE(absl::StrContains(sink_->sent, "Transfer-Encoding"));
  EXPECT_FALSE(exchange->keeps_connection());
}

TEST_F(ExchangeTest, KeepsAnHttp10ConnectionWhenAskedAndPossible) {
  RawRequest raw = GoodRequest();
  raw.minor_version = 0;
  raw.keep_alive = true;
  auto exchange = Make(raw);
  exchange->Respond(200, "text/plain", "abc");
  EXPECT_TRUE(sink_->HasLine("Connection: keep-alive"));
  EXPECT_TRUE(exchange->keeps_connection());
}

TEST_F(ExchangeTest, SendsNoBodyWhereThereIsNone) {
  auto head = MakeWith("HEAD");
  EXPECT_TRUE(head->SendHead(200, {}, 6).ok());
  EXPECT_FALSE(head->sends_body());
  EXPECT_TRUE(head->Write("abc"));
  head->Finish();
  EXPECT_TRUE(sink_->HasLine("Content-Length: 6"));
  EXPECT_EQ(sink_->body(), "");
  EXPECT_EQ(sink_->ended, head);

  sink_->sent.clear();
  auto head_of_unknown = MakeWith("HEAD");
  EXPECT_TRUE(head_of_unknown->SendHead(200, {}, std::nullopt).ok());
  head_of_unknown->Finish();
  EXPECT_FALSE(absl::StrContains(sink_->sent, "Transfer-Encoding"));

  sink_->sent.clear();
  auto no_content = MakeWith("OPTIONS");
  no_content->Respond(204, "", "");
  EXPECT_TRUE(absl::StartsWith(sink_->sent, "HTTP/1.1 204 No Content\r\n"));
  EXPECT_FALSE(absl::StrContains(sink_->sent, "Content-Length"));
  EXPECT_FALSE(absl::StrContains(sink_->sent, "Content-Type"));

  sink_->sent.clear();
  auto not_modified = MakeWith("GET");
  not_modified->Respond(304, "", "abc");
  EXPECT_EQ(sink_->body(), "");
  EXPECT_EQ(sink_->resets, 0);
}

TEST_F(ExchangeTest, SetsTheFramingItselfWhateverAnUpstreamSaid) {
  auto exchange = MakeWith("GET");
  const Headers upstream{{"Connection", "keep-alive, X-Hop"},
                         {"X-Hop", "1"},
                         {"Keep-Alive", "timeout=5"},
                         {"Transfer-Encoding", "chunked"},
                         {"content-length", "77"},
                         {"Trailer", "X"},
                         {"Date", "Thu, 01 Jan 1970 00:00:00 GMT"},
                         {"Server", "origin"},
                         {"ETag", "\"1\""}};
  ASSERT_TRUE(exchange->SendHead(206, upstream, 1).ok());
  EXPECT_EQ(sink_->sent,
            "HTTP/1.1 206 Partial Content\r\n"
            "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Server: origin\r\n"
            "ETag: \"1\"\r\n"
            "Content-Length: 1\r\n\r\n");
  exchange->Abort();
}

TEST_F(ExchangeTest, RefusesHeadersThatWouldBeginOthers) {
  auto exchange = MakeWith("GET");
  for (const Headers& headers :
       {Headers{{"X", "a\r\nSet-Cookie: b"}}, Headers{{"X", "a\nb"}}, Headers{{"X\r\nY", "a"}},
        Headers{{"X", std::string("\0", 1)}}, Headers{{"X: Y", "a"}}, Headers{{"", "a"}}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(exchange->SendHead(200, headers, 0)));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(exchange->SendHead(100, {}, 0)));
  EXPECT_TRUE(absl::IsInvalidArgument(exchange->SendHead(1000, {}, 0)));
  EXPECT_EQ(sink_->sent, "");
  exchange->Respond(200, "text/plain\r\nX: y", "abc");
  EXPECT_TRUE(absl::StartsWith(sink_->sent, "HTTP/1.1 500 "));
  EXPECT_EQ(sink_->body(), "the value of header Content-Type holds a control character\n");
}

TEST_F(ExchangeTest, ErrorsAreOneLineOfPlainText) {
  MakeWith("GET")->RespondError(404, "no such stream");
  EXPECT_TRUE(absl::StartsWith(sink_->sent, "HTTP/1.1 404 Not Found\r\n"));
  EXPECT_TRUE(sink_->HasLine("Content-Type: text/plain; charset=utf-8"));
  EXPECT_TRUE(sink_->HasLine("Cache-Control: no-store"));
  EXPECT_EQ(sink_->body(), "no such stream\n");
}

TEST_F(ExchangeTest, ShortBodyResetsTheConnection) {
  auto exchange = MakeOpen(6);
  exchange->Write("abc");
  exchange->Finish();
  EXPECT_EQ(sink_->resets, 1);
  EXPECT_EQ(sink_->ended, nullptr);
  EXPECT_EQ(closed_, 0) << "not from inside the call";
  sink_->RunTasks();
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(reason_, CloseReason::kWrongLength);
}

TEST_F(ExchangeTest, LongBodyResetsTheConnectionBeforeItLooksComplete) {
  auto exchange = MakeOpen(6);
  exchange->Write("abc");
  EXPECT_TRUE(exchange->Write("defg"));
  EXPECT_EQ(sink_->body(), "abc");
  EXPECT_EQ(sink_->resets, 1);
  sink_->RunTasks();
  EXPECT_EQ(reason_, CloseReason::kWrongLength);
}

TEST_F(ExchangeTest, AsksToWaitAboveTheHighMarkAndToGoOnAtTheLowMark) {
  auto exchange = MakeOpen(1000);
  int writable = 0;
  exchange->OnWritable([&] { ++writable; });
  sink_->blocked = true;
  EXPECT_TRUE(exchange->Write(std::string(99, 'a')));
  exchange->HandleSent();
  EXPECT_EQ(writable, 0) << "nobody was told to wait";
  EXPECT_FALSE(exchange->Write(std::string(1, 'a')));
  sink_->unsent = 11;
  exchange->HandleSent();
  EXPECT_EQ(writable, 0);
  sink_->unsent = 10;
  exchange->HandleSent();
  EXPECT_EQ(writable, 1);
  exchange->HandleSent();
  EXPECT_EQ(writable, 1);
  exchange->Abort();
}

TEST_F(ExchangeTest, CutsAHandlerThatNeverWaits) {
  auto exchange = MakeOpen(std::nullopt);
  sink_->blocked = true;
  for (int i = 0; i < 20 && sink_->resets == 0; ++i) exchange->Write(std::string(99, 'a'));
  EXPECT_EQ(sink_->resets, 1);
  EXPECT_LE(sink_->unsent, limits_.buffer_limit);
  sink_->RunTasks();
  EXPECT_EQ(reason_, CloseReason::kOverrun);
}

TEST_F(ExchangeTest, TellsServedOrClosedOnceNeverBoth) {
  int served = 0;
  auto exchange = MakeOpen(0);
  exchange->OnServed([&] { ++served; });
  exchange->Finish();
  EXPECT_EQ(served, 0);
  exchange->HandleServed();
  exchange->HandleServed();
  exchange->HandleClosed(CloseReason::kPlayerLeft);
  EXPECT_EQ(served, 1);
  EXPECT_EQ(closed_, 0);
  EXPECT_TRUE(exchange->ended());

  auto other = MakeOpen(5);
  other->OnServed([&] { ++served; });
  other->HandleClosed(CloseReason::kTimedOut);
  other->HandleClosed(CloseReason::kPlayerLeft);
  other->HandleServed();
  EXPECT_EQ(served, 1);
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(reason_, CloseReason::kTimedOut);
}

TEST_F(ExchangeTest, IsHarmlessAfterThePlayerLeft) {
  auto exchange = MakeOpen(5);
  const std::string sent = sink_->sent;
  exchange->HandleClosed(CloseReason::kPlayerLeft);
  EXPECT_TRUE(exchange->Write(std::string(5000, 'a')));
  exchange->Finish();
  exchange->Abort();
  EXPECT_TRUE(exchange->SendHead(200, {}, 0).ok());
  EXPECT_EQ(sink_->sent, sent);
  EXPECT_EQ(sink_->resets, 0);
}

TEST_F(ExchangeTest, AbortResetsWithoutAWord) {
  auto exchange = MakeOpen(5);
  exchange->Abort();
  exchange->Abort();
  exchange->HandleClosed(CloseReason::kPlayerLeft);
  sink_->RunTasks();
  EXPECT_EQ(sink_->resets, 1);
  EXPECT_EQ(closed_, 0);
}

TEST_F(ExchangeTest, DroppedExchangesDoNotLeaveThePlayerWaiting) {
  MakeWith("GET").reset();
  EXPECT_EQ(sink_->dropped, 1);
  EXPECT_EQ(sink_->resets, 0);
  MakeOpen(5).reset();
  EXPECT_EQ(sink_->resets, 1);
}

TEST_F(ExchangeTest, CallbacksMayHoldTheExchange) {
  std::weak_ptr<Exchange> weak;
  {
    auto exchange = MakeOpen(0);
    weak = exchange;
    exchange->OnWritable([exchange] {});
    exchange->OnServed([exchange] {});
    exchange->OnClosed([exchange](CloseReason) {});
    exchange->Finish();
    exchange->HandleServed();
    sink_->ended.reset();
  }
  EXPECT_TRUE(weak.expired());
}

TEST_F(ExchangeTest, SurvivesCallsOutOfOrder) {
  auto exchange = MakeWith("GET");
  exchange->OnClosed([this](CloseReason reason) { reason_ = reason; });
  exchange->Write("abc");
  EXPECT_EQ(sink_->resets, 1);
  EXPECT_EQ(sink_->sent, "");
  sink_->RunTasks();
  EXPECT_EQ(reason_, CloseReason::kMisuse);

  auto twice = MakeOpen(0);
  EXPECT_TRUE(absl::IsFailedPrecondition(twice->SendHead(200, {}, 0)));
  twice->Finish();
  twice->Finish();
  EXPECT_EQ(sink_->resets, 1);
}

TEST_F(ExchangeTest, CanBeTheConnectionsLast) {
  auto exchange = MakeWith("GET");
  exchange->DisallowKeepAlive();
  exchange->Respond(200, "text/plain", "abc");
  EXPECT_TRUE(sink_->HasLine("Connection: close"));
  EXPECT_FALSE(exchange->keeps_connection());
}

}  // namespace
}  // namespace shoal::proxy
