#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/proxy/proxy_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/proxy/proxy_fixture.h"

namespace shoal::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr absl::string_view kGet = "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
constexpr absl::string_view kGetAndClose =
    "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

class ProxyLimitsTest : public ProxyFixture {};

// ---- Sizes ----------------------------------------------------------------------------------

TEST_F(ProxyLimitsTest, BoundsTheHead) {
  Limits limits;
  limits.header_bytes = 512;
  StartProxy(limits);
  const auto request_of = [](std::size_t size) {
    const std::string head = "GET / HTTP/1.0\r\nHost: h\r\nX: ";
    return absl::StrCat(head, std::string(size - head.size() - 4, 'x'), "\r\n\r\n");
  };
  EXPECT_THAT(SendAndReadAll(request_of(512)), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(SendAndReadAll(request_of(513)), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ProxyLimitsTest, BoundsTheTarget) {
  Limits limits;
  limits.target_bytes = 100;
  StartProxy(limits);
  const auto request_of = [](std::size_t size) {
    return absl::StrCat("GET /", std::string(size - 1, 'x'), " HTTP/1.0\r\n\r\n");
  };
  EXPECT_THAT(SendAndReadAll(request_of(100)), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(SendAndReadAll(request_of(101)), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(SendAndReadAll(request_of(100000)), StartsWith("HTTP/1.1 414 "));
}

TEST_F(ProxyLimitsTest, BoundsTheNumberOfHeaders) {
  Limits limits;
  limits.header_count = 5;
  StartProxy(limits);
  const auto request_of = [](int count) {
    std::string request = "GET / HTTP/1.0\r\n";
    for (int i = 0; i < count; ++i) absl::StrAppend(&request, "X", i, ": y\r\n");
    return request + "\r\n";
  };
  EXPECT_THAT(SendAndReadAll(request_of(5)), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(SendAndReadAll(request_of(6)), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ProxyLimitsTest, NoticesThatAPlayerLeftBehindRequestsThatAreNotRead) {
  Limits limits;
  limits.header_bytes = 1024;
  StartProxy(limits);
  std::shared_ptr<Exchange> held;
  bool closed = false;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) {
    held = std::move(exchange);
    held->OnClosed([&](CloseReason reason) { closed = reason == CloseReason::kPlayerLeft; });
  };
  Play([&] {
    TestPlayer player(port_);
    for (int i = 0; i < 1000; ++i) player.Send(kGet);
  });
  EXPECT_TRUE(RunUntil([&] { return closed; }));
  EXPECT_EQ(targets_.size(), 1u);
  EXPECT_EQ(server_->figures().connections, 0u);
}

TEST_F(ProxyLimitsTest, APlayerThatOnlyClosedItsSendingHalfGetsAnswersToAllItAsked) {
  Limits limits;
  limits.header_bytes = 1024;
  StartProxy(limits);
  constexpr int kRequests = 300;
  std::string answers;
  Play([&] {
    TestPlayer player(port_);
    for (int i = 0; i + 1 < kRequests; ++i) player.Send(kGet);
    player.Send(kGetAndClose);
    player.CloseSendingHalf();
    answers = player.ReadAll();
  });
  EXPECT_EQ(targets_.size(), std::size_t{kRequests});
  int heads = 0;
  for (std::size_t at = 0; (at = answers.find("HTTP/1.1 200 ", at)) != std::string::npos; ++at) {
    ++heads;
  }
  EXPECT_EQ(heads, kRequests);
}

TEST_F(ProxyLimitsTest, ReadsNoFurtherThanItsBoundWhileAnAnswerIsOpen) {
  Limits limits;
  limits.header_bytes = 1024;
  StartProxy(limits);
  std::vector<std::shared_ptr<Exchange>> open;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) { open.push_back(std::move(exchange)); };
  // Ten times the bound ahead: all are answered, one after the other.
  constexpr std::size_t kRequests = 300;
  std::size_t answers = 0;
  std::unique_ptr<TestPlayer> player;
  Play([&] {
    player = std::make_unique<TestPlayer>(port_);
    for (std::size_t i = 0; i + 1 < kRequests; ++i) player->Send(kGet);
    player->Send(kGetAndClose);
  });
  EXPECT_TRUE(RunUntil([&] {
    EXPECT_LE(open.size(), 1u);
    if (!open.empty()) {
      open.back()->Respond(200, "text/plain", "x");
      open.clear();
      ++answers;
    }
    return answers == kRequests;
  }));
}

// ---- Connections ----------------------------------------------------------------------------

TEST_F(ProxyLimitsTest, BoundsConnections) {
  Limits limits;
  limits.connections = 2;
  StartProxy(limits);
  Play([&] {
    TestPlayer first(port_);
    TestPlayer second(port_);
    second.Send(kGet);
    EXPECT_THAT(second.ReadAnswer(), EndsWith("answer to /a"));
    TestPlayer third(port_);
    const std::string answer = third.ReadAll();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(answer, EndsWith("too many connections; the limit is 2\n"));
    first.Send(kGetAndClose);
    EXPECT_THAT(first.ReadAll(), EndsWith("answer to /a"));
  });
  EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 0; }));
  EXPECT_EQ(server_->figures().refused, 1u);
  EXPECT_THAT(SendAndReadAll(kGetAndClose), EndsWith("answer to /a"));
}

TEST_F(ProxyLimitsTest, BoundsConnectionsOfOneAddress) {
  Limits limits;
  limits.connections_per_address = 1;
  StartProxy(limits);
  Play([&] {
    TestPlayer first(port_);
    first.Send(kGet);
    first.ReadAnswer();
    TestPlayer second(port_);
    EXPECT_THAT(second.ReadAll(),
                EndsWith("too many connections from 127.0.0.1; the limit is 1\n"));
  });
  EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 0; }));
  EXPECT_THAT(SendAndReadAll(kGetAndClose), EndsWith("answer to /a"));
}

TEST_F(ProxyLimitsTest, SurvivesACrowdBeyondItsLimits) {
  Limits limits;
  limits.connections = 1;
  StartProxy(limits);
  Play([&] {
    TestPlayer first(port_);
    first.Send(kGet);
    EXPECT_THAT(first.ReadAnswer(), EndsWith("answer to /a"));
    std::vector<std::unique_ptr<TestPlayer>> crowd;
    for (int i = 0; i < 99; ++i) crowd.push_back(std::make_unique<TestPlayer>(port_));
    for (const auto& player : crowd) {
      player->ReadAll();
      EXPECT_TRUE(player->saw_end());
    }
    first.Send(kGet);
    EXPECT_THAT(first.ReadAnswer(), EndsWith("answer to /a"));
  });
  EXPECT_EQ(server_->figures().refused, 99u);
  EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 0; }));
  EXPECT_THAT(SendAndReadAll(kGetAndClose), EndsWith("answer to /a"));
}

// ---- Time -----------------------------------------------------------------------------------

TEST_F(ProxyLimitsTest, CutsARequestThatDripsIn) {
  Limits limits;
  limits.request_timeout = Milliseconds(100);
  StartProxy(limits);
  std::string answer;
  Play([&] {
    TestPlayer player(port_);
    for (int i = 0; i < 30 && player.Send(i == 0 ? "GET /" : "a"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    answer = player.ReadAll();
  });
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(server_->figures().timed_out, 1u);
  EXPECT_TRUE(targets_.empty());
}

TEST_F(ProxyLimitsTest, ClosesAnIdleConnectionWithoutAWord) {
  Limits limits;
  limits.idle_timeout = Milliseconds(50);
  StartProxy(limits);
  Play([&] {
    TestPlayer silent(port_);
    EXPECT_EQ(silent.ReadAll(), "");
    EXPECT_TRUE(silent.saw_end());
    TestPlayer kept(port_);
    kept.Send(kGet);
    EXPECT_THAT(kept.ReadAnswer(), EndsWith("answer to /a"));
    EXPECT_EQ(kept.ReadAll(), "");
    EXPECT_TRUE(kept.saw_end());
    // Empty lines are not activity.
    TestPlayer drip(port_);
    for (int i = 0; i < 30 && drip.Send("\r\n"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 0; }));
}

TEST_F(ProxyLimitsTest, DoesNotCutARequestThatTheHandlerHolds) {
  Limits limits;
  limits.idle_timeout = limits.request_timeout = limits.write_timeout = Milliseconds(20);
  StartProxy(limits);
  std::shared_ptr<Exchange> open;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) { open = std::move(exchange); };
  std::string answer;
  std::thread thread([&] {
    TestPlayer player(port_);
    player.Send(kGetAndClose);
    answer = player.ReadAll();
  });
  EXPECT_TRUE(RunUntil([&] { return open != nullptr; }));
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  while (std::chrono::steady_clock::now() < end) io_.run_one_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(open->ended());
  open->Respond(200, "text/plain", "late");
  EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 0; }));
  thread.join();
  EXPECT_THAT(answer, EndsWith("late"));
}

TEST_F(ProxyLimitsTest, CutsAPlayerThatTakesNothing) {
  Limits limits;
  limits.write_timeout = Milliseconds(200);
  StartProxy(limits);
  std::shared_ptr<Exchange> open;
  int closed = 0;
  CloseReason reason = CloseReason::kPlayerLeft;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) {
    open = std::move(exchange);
    open->OnClosed([&](CloseReason r) {
      ++closed;
      reason = r;
    });
    ASSERT_TRUE(open->SendHead(200, {}, std::nullopt).ok());
    open->Write(std::string(16 * 1024 * 1024, 'x'));
  };
  std::unique_ptr<TestPlayer> player;
  Play([&] {
    player = std::make_unique<TestPlayer>(port_, /*receive_buffer=*/4096);
    player->Send(kGet);
  });
  EXPECT_TRUE(RunUntil([&] { return closed > 0; }));
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(reason, CloseReason::kTimedOut);
  EXPECT_EQ(server_->figures().timed_out, 1u);
}

// ---- Listening and stopping -----------------------------------------------------------------

TEST_F(ProxyLimitsTest, ListensOnSeveralAddresses) {
  StartProxy();
  const auto second = server_->Listen("127.0.0.1:0");
  ASSERT_TRUE(second.ok());
  EXPECT_NE(*second, port_);
  for (const std::uint16_t port : {port_, *second}) {
    port_ = port;
    EXPECT_THAT(SendAndReadAll(kGetAndClose), EndsWith("answer to /a"));
  }
}

TEST_F(ProxyLimitsTest, ListensForIPv4OnTheIPv6Wildcard) {
  StartProxy();
  const auto port = server_->Listen("[::]:0");
  if (!port.ok()) GTEST_SKIP() << "no IPv6 on this machine: " << port.status();
  port_ = *port;
  std::string remote;
  on_request_ = [&](const std::shared_ptr<Exchange>& exchange) {
    remote = exchange->request().remote_address();
    exchange->Respond(200, "", "");
  };
  SendAndReadAll(kGetAndClose);
  EXPECT_EQ(remote, "127.0.0.1");
}

TEST_F(ProxyLimitsTest, SaysWhyItCannotListen) {
  StartProxy();
  const auto taken = server_->Listen(absl::StrCat("127.0.0.1:", port_));
  EXPECT_TRUE(absl::IsUnavailable(taken.status()));
  EXPECT_THAT(std::string(taken.status().message()), HasSubstr(absl::StrCat("127.0.0.1:", port_)));
  for (const absl::string_view address :
       {"", "127.0.0.1", ":80", "8080", "a b:80", "::1:80", "127.0.0.1:99999"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(server_->Listen(address).status())) << address;
  }
}

TEST_F(ProxyLimitsTest, StopFinishesTheAnswerInFlight) {
  StartProxy();
  std::shared_ptr<Exchange> open;
  bool served = false, stopped = false;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) {
    open = std::move(exchange);
    open->OnServed([&] { served = true; });
    open->OnClosed([](CloseReason) { FAIL() << "the answer was cut"; });
    ASSERT_TRUE(open->SendHead(200, {}, 10).ok());
    open->Write("begun");
  };
  std::string answer;
  bool idle_ended = false;
  std::thread thread([&] {
    TestPlayer idle(port_);
    TestPlayer player(port_);
    player.Send(kGet);
    answer = player.ReadAll();
    idle.ReadAll();
    idle_ended = idle.saw_end();
  });
  EXPECT_TRUE(RunUntil([&] { return open && server_->figures().connections == 2; }));
  server_->Stop(Seconds(10), [&] { stopped = true; });
  EXPECT_FALSE(stopped) << "not from inside the call";
  EXPECT_TRUE(RunUntil([&] { return server_->figures().connections == 1; }));
  EXPECT_FALSE(stopped);
  open->Write("ended");
  open->Finish();
  EXPECT_TRUE(RunUntil([&] { return stopped; }));
  thread.join();
  EXPECT_TRUE(served);
  EXPECT_TRUE(idle_ended);
  EXPECT_THAT(answer, EndsWith("begunended"));
}

TEST_F(ProxyLimitsTest, StopCutsAnAnswerThatOutstaysItsGrace) {
  StartProxy();
  std::shared_ptr<Exchange> open;
  int closed = 0;
  CloseReason reason = CloseReason::kPlayerLeft;
  bool stopped = false, reset = false;
  on_request_ = [&](std::shared_ptr<Exchange> exchange) {
    open = std::move(exchange);
    open->OnClosed([&](CloseReason r) {
      ++closed;
      reason = r;
    });
    ASSERT_TRUE(open->SendHead(200, {}, 10).ok());
    open->Write("begun");
  };
  std::thread thread([&] {
    TestPlayer player(port_);
    player.Send(kGet);
    player.ReadAll();
    reset = player.saw_reset();
  });
  EXPECT_TRUE(RunUntil([&] { return open && open->unsent_bytes() == 0; }));
  server_->Stop(Milliseconds(50), [&] { stopped = true; });
  EXPECT_TRUE(RunUntil([&] { return stopped && closed > 0; }));
  thread.join();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(reason, CloseReason::kServerStopped);
  EXPECT_TRUE(reset);
}

TEST_F(ProxyLimitsTest, StopWithoutConnectionsIsDoneAtOnce) {
  StartProxy();
  bool stopped = false;
  server_->Stop(Seconds(60), [&] { stopped = true; });
  EXPECT_TRUE(RunUntil([&] { return stopped; }));
}

}  // namespace
}  // namespace shoal::proxy
