#include "client/proxy/proxy_server.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/proxy/proxy_fixture.h"

namespace shoal::proxy {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr absl::string_view kEnd = " HTTP/1.1\r\nHost: 127.0.0.1\r\n";

std::string Get(absl::string_view target) { return absl::StrCat("GET ", target, kEnd, "\r\n"); }
std::string GetAndClose(absl::string_view target) {
  return absl::StrCat("GET ", target, kEnd, "Connection: close\r\n\r\n");
}

class ProxyServerTest : public ProxyFixture {
 protected:
  ProxyServerTest() { StartProxy(); }
};

// ---- Requests and answers -------------------------------------------------------------------

TEST_F(ProxyServerTest, AnswersGet) {
  const std::string answer = SendAndReadAll(GetAndClose("/a?b"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 14\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nanswer to /a?b"));
}

TEST_F(ProxyServerTest, AnswersHeadWithoutBody) {
  const std::string answer =
      SendAndReadAll(absl::StrCat("HEAD /a?b", kEnd, "\r\n", GetAndClose("/")));
  const std::size_t end = answer.find("\r\n\r\n");
  EXPECT_THAT(answer.substr(0, end), HasSubstr("\r\nContent-Length: 14"));
  EXPECT_THAT(answer.substr(end + 4), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ProxyServerTest, GivesOptionsToTheHandler) {
  on_request_ = [](const std::shared_ptr<Exchange>& exchange) {
    EXPECT_EQ(exchange->request().method(), Method::kOptions);
    exchange->Respond(204, "", "");
  };
  const std::string answer =
      SendAndReadAll(absl::StrCat("OPTIONS /a", kEnd, "Connection: close\r\n\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 No Content\r\n"));
}

TEST_F(ProxyServerTest, RefusesOtherMethodsByName) {
  const std::string answer = SendAndReadAll(absl::StrCat("DELETE /a", kEnd, "\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_THAT(answer, HasSubstr("'DELETE'"));
  EXPECT_TRUE(targets_.empty());
}

TEST_F(ProxyServerTest, AnswersTwoRequestsOfOnePacketInOrder) {
  std::vector<std::shared_ptr<Exchange>> open;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) { open.push_back(std::move(exchange)); };
  std::string answers;
  std::thread thread([&] {
    TestPlayer player(port_);
    player.Send(Get("/1") + GetAndClose("/2"));
    answers = player.ReadAll();
  });
  EXPECT_TRUE(RunUntil([&] { return open.size() == 1; }));
  for (int i = 0; i < 20; ++i) io_.run_one_for(std::chrono::milliseconds(1));
  EXPECT_EQ(open.size(), 1u) << "one exchange at a time";
  open[0]->Respond(200, "text/plain", "first");
  EXPECT_TRUE(RunUntil([&] { return open.size() == 2; }));
  open[1]->Respond(200, "text/plain", "second");
  EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 0; }));
  thread.join();
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nfirstHTTP/1.1 200"));
  EXPECT_THAT(answers, EndsWith("\r\n\r\nsecond"));
  EXPECT_THAT(targets_, ElementsAre("/1", "/2"));
}

TEST_F(ProxyServerTest, KeepsTheConnectionForManyRequests) {
  Play([&] {
    TestPlayer player(port_);
    for (int i = 0; i < 200; ++i) {
      player.Send(Get(absl::StrCat("/", i)));
      EXPECT_THAT(player.ReadAnswer(), EndsWith(absl::StrCat("answer to /", i)));
    }
  });
  EXPECT_EQ(server_->figures().accepted, 1u);
  EXPECT_EQ(server_->figures().requests, 200u);
}

TEST_F(ProxyServerTest, ServesHttp10) {
  const std::string answer = SendAndReadAll("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("answer to /old"));
  Play([&] {
    TestPlayer player(port_);
    for (int i = 0; i < 2; ++i) {
      player.Send("GET /kept HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      const std::string kept = player.ReadAnswer();
      EXPECT_THAT(kept, HasSubstr("\r\nConnection: keep-alive\r\n"));
      EXPECT_THAT(kept, EndsWith("answer to /kept"));
    }
  });
}

TEST_F(ProxyServerTest, SendsBodiesOfUnknownLengthAsTheVersionAllows) {
  on_request_ = [](const std::shared_ptr<Exchange>& exchange) {
    ASSERT_TRUE(exchange->SendHead(200, {}, std::nullopt).ok());
    exchange->Write("hello, ");
    exchange->Write("player");
    exchange->Finish();
  };
  EXPECT_THAT(SendAndReadAll(GetAndClose("/")),
              EndsWith("\r\n\r\n7\r\nhello, \r\n6\r\nplayer\r\n0\r\n\r\n"));
  EXPECT_THAT(SendAndReadAll("GET / HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\nhello, player"));
}

TEST_F(ProxyServerTest, AnswersAPlayerThatClosedItsSendingHalfAfterAsking) {
  Play([&] {
    TestPlayer player(port_);
    player.Send(Get("/a"));
    player.CloseSendingHalf();
    EXPECT_THAT(player.ReadAll(), EndsWith("answer to /a"));
  });
  EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 0; }));
}

TEST_F(ProxyServerTest, SaysWhereThePlayerIs) {
  std::string remote;
  on_request_ = [&](const std::shared_ptr<Exchange>& exchange) {
    remote = exchange->request().remote_address();
    exchange->Respond(200, "", "");
  };
  SendAndReadAll(GetAndClose("/"));
  EXPECT_EQ(remote, "127.0.0.1");
}

TEST_F(ProxyServerTest, AHandlerThatDropsTheExchangeIsA500) {
  on_request_ = [](std::shared_ptr<Exchange> exchange) { exchange.reset(); };
  EXPECT_THAT(SendAndReadAll(Get("/")), StartsWith("HTTP/1.1 500 "));
}

// ---- Bad input ------------------------------------------------------------------------------

TEST_F(ProxyServerTest, RefusesBadRequestsAndNeverAsksTheHandler) {
  const std::vector<std::pair<std::string, int>> cases = {
      {Get("/../etc/passwd"), 400},
      {Get("/a/%2e%2e/b"), 400},
      {Get("/a%2f..%2fb"), 400},
      {Get("/a%00b"), 400},
      {Get("/a%0d%0aX:%20y"), 400},
      {Get("/a\\..\\b"), 400},
      {Get("//evil.example/a"), 400},
      {Get("http://evil.example/a"), 421},
      {Get("*"), 400},
      {"GET /a HTTP/1.1\r\n\r\n", 400},
      {absl::StrCat("GET /a", kEnd, "Host: other\r\n\r\n"), 400},
      {absl::StrCat("GET /a", kEnd, "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"), 400},
      {absl::StrCat("GET /a", kEnd, "Content-Length: 0\r\nContent-Length: 1\r\n\r\n"), 400},
      {absl::StrCat("GET /a", kEnd, "Content-Length: 5\r\n\r\nhello"), 413},
      {absl::StrCat("GET /a", kEnd, "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 413},
      {absl::StrCat("GET /a", kEnd, "X: a\rb\r\n\r\n"), 400},
      {absl::StrCat("GET /a", kEnd, "X: a\nY: b\r\n\r\n"), 400},
      {absl::StrCat("GET /a", kEnd, "X: a", absl::string_view("\0", 1), "b\r\n\r\n"), 400},
      {absl::StrCat("GET /a", kEnd, "X: a\r\n b\r\n\r\n"), 400},
      {"GET /a HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {std::string("\x16\x03\x01\x02\x00\x01", 6), 400},
      {"\xff\xfe garbage", 400},
  };
  for (const auto& [bytes, status] : cases) {
    EXPECT_THAT(SendAndReadAll(bytes), StartsWith(absl::StrCat("HTTP/1.1 ", status, " "))) << bytes;
  }
  EXPECT_TRUE(targets_.empty());
  EXPECT_EQ(server_->figures().bad_requests, cases.size());
}

TEST_F(ProxyServerTest, TellsTheProblemInPlainText) {
  const std::string answer = SendAndReadAll(Get("/a/../b"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("request target '/a/../b' has a '.' or '..' segment\n"));
}

TEST_F(ProxyServerTest, AnErrorReachesAPlayerThatIsStillSending) {
  std::string answer;
  Play([&] {
    TestPlayer player(port_);
    player.Send(absl::StrCat("POST /a", kEnd, "Content-Length: 1000000\r\n\r\n"));
    player.Send(std::string(1000000, 'x'));
    answer = player.ReadAll();
  });
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
}

TEST_F(ProxyServerTest, NothingIsServedAfterAnError) {
  const std::string answer = SendAndReadAll(Get("/a/../b") + Get("/c"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer.substr(1), Not(HasSubstr("HTTP/1.1 ")));
  EXPECT_TRUE(targets_.empty());
}

// ---- Answers that take their time -----------------------------------------------------------

TEST_F(ProxyServerTest, BigBodyWaitsForASlowPlayerInBoundedMemory) {
  constexpr std::size_t kPiece = 64 * 1024;
  constexpr std::size_t kPieces = 512;  // 32 MiB: more than kernels buffer
  const Limits limits;
  const auto piece = std::make_shared<std::string>(kPiece, 'p');
  std::size_t written = 0, most_unsent = 0, waits = 0;
  bool served = false;
  std::function<void(Exchange*)> write = [&](Exchange* exchange) {
    while (written < kPieces) {
      ++written;
      const bool more = exchange->Write(piece, *piece);
      most_unsent = std::max(most_unsent, exchange->unsent_bytes());
      if (!more) {
        ++waits;
        return;
      }
    }
    exchange->Finish();
  };
  on_request_ = [&](const std::shared_ptr<Exchange>& exchange) {
    ASSERT_TRUE(exchange->SendHead(200, {}, kPiece * kPieces).ok());
    exchange->OnServed([&] { served = true; });
    exchange->OnWritable([&, exchange] { write(exchange.get()); });
    write(exchange.get());
  };
  std::size_t received = 0;
  std::size_t written_before_reading = 0;
  Play([&] {
    TestPlayer player(port_, /*receive_buffer=*/32 * 1024);
    player.Send(Get("/big"));
    // The answer comes to a halt while the player takes none of it.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    written_before_reading = player.ReadHead().size();
    while (received < kPiece * kPieces) {
      const std::string some = player.ReadSome();
      if (some.empty()) break;
      received += some.size();
    }
  });
  EXPECT_EQ(received, kPiece * kPieces);
  EXPECT_TRUE(RunUntil([&] { return served; }));
  EXPECT_GT(waits, 0u);
  EXPECT_GT(written_before_reading, 0u);
  EXPECT_LT(most_unsent, limits.buffer_high_mark + kPiece + 1024);
}

TEST_F(ProxyServerTest, AbortInMidBodyIsSeenAsAFailure) {
  for (const std::optional<std::uint64_t> length :
       {std::optional<std::uint64_t>(100), std::optional<std::uint64_t>()}) {
    std::shared_ptr<Exchange> open;
    int closed = 0;
    on_request_ = [&](std::shared_ptr<Exchange> exchange) {
      open = std::move(exchange);
      open->OnClosed([&](CloseReason) { ++closed; });
      ASSERT_TRUE(open->SendHead(200, {}, length).ok());
      open->Write("half");
    };
    bool reset = false;
    std::thread thread([&] {
      TestPlayer player(port_);
      player.Send("GET / HTTP/1.0\r\n\r\n");
      player.ReadAll();
      reset = player.saw_reset();
    });
    EXPECT_TRUE(RunUntil([&] { return open && open->unsent_bytes() == 0; }));
    open->Abort();
    EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 0; }));
    thread.join();
    EXPECT_TRUE(reset) << "a clean end would pass for a complete answer";
    EXPECT_EQ(closed, 0);
  }
}

TEST_F(ProxyServerTest, WrongLengthsCloseTheConnection) {
  for (const absl::string_view body : {"short", "much too long"}) {
    CloseReason reason = CloseReason::kPlayerLeft;
    on_request_ = [&](const std::shared_ptr<Exchange>& exchange) {
      exchange->OnClosed([&](CloseReason r) { reason = r; });
      ASSERT_TRUE(exchange->SendHead(200, {}, 8).ok());
      exchange->Write(std::string(body));
      exchange->Finish();
    };
    const std::string answer = SendAndReadAll(Get("/"));
    const std::size_t end = answer.find("\r\n\r\n");
    if (end != std::string::npos) {
      EXPECT_LT(answer.size() - end - 4, 8u);
    }
    EXPECT_TRUE(RunUntil([&] { return reason == CloseReason::kWrongLength; }));
  }
}

TEST_F(ProxyServerTest, TellsOnceWhenThePlayerLeavesInMidBody) {
  for (const bool hard : {false, true}) {
    std::shared_ptr<Exchange> open;
    int closed = 0;
    CloseReason reason = CloseReason::kServerStopped;
    on_request_ = [&](std::shared_ptr<Exchange> exchange) {
      open = std::move(exchange);
      open->OnClosed([&](CloseReason r) {
        ++closed;
        reason = r;
      });
      ASSERT_TRUE(open->SendHead(200, {}, 100000000).ok());
      open->Write("begun");
    };
    Play([&] {
      TestPlayer player(port_);
      player.Send(Get("/"));
      player.ReadHead();
      hard ? player.CloseHard() : player.Close();
    });
    EXPECT_TRUE(RunUntil([&] { return closed > 0; }));
    for (int i = 0; i < 10; ++i) open->Write(std::string(1000, 'a'));
    open->Finish();
    io_.poll();
    EXPECT_EQ(closed, 1);
    EXPECT_EQ(reason, CloseReason::kPlayerLeft);
    EXPECT_EQ(server_->figures().connections, 0u);
  }
}

TEST_F(ProxyServerTest, TellsWhenThePlayerLeavesBeforeAnyAnswer) {
  std::shared_ptr<Exchange> open;
  bool closed = false;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) {
    open = std::move(exchange);
    open->OnClosed([&](CloseReason) { closed = true; });
  };
  Play([&] { TestPlayer(port_).Send(Get("/held")); });
  EXPECT_TRUE(RunUntil([&] { return closed; }));
  EXPECT_TRUE(open->ended());
}

TEST_F(ProxyServerTest, AnExchangeMayOutliveTheServer) {
  std::shared_ptr<Exchange> open;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) {
    open = std::move(exchange);
    open->OnClosed([](CloseReason) { FAIL() << "nobody is to be called"; });
  };
  std::thread thread([&] {
    TestPlayer player(port_);
    player.Send(Get("/"));
    player.ReadAll();
  });
  EXPECT_TRUE(RunUntil([&] { return open != nullptr; }));
  server_.reset();
  open->Respond(200, "text/plain", "too late");
  io_.poll();
  thread.join();
}

}  // namespace
}  // namespace shoal::proxy
