// Cancelling at every stage, and back-pressure.
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/client/cdn/cdn_fixture.h"

namespace shoal::cdn {
namespace {

using std::chrono::milliseconds;

constexpr char kHeadAndSome[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc";

using CancelTest = CdnTest;

TEST_F(CancelTest, BeforeTheLoopTurns) {
  origin_.On("/a", Answer("200 OK", "", "a"));
  cdn_->Cancel(Start({.url = origin_.Url("/a")}));
  EXPECT_EQ(cdn_->active(), 0u);
  RunReady();
  EXPECT_EQ(origin_.connections(), 0);
  EXPECT_TRUE(recorder_.heard.empty());
}

TEST_F(CancelTest, OfARequestThatCannotBeSent) {
  cdn_->Cancel(Start({.url = "no url"}));
  RunReady();
  EXPECT_TRUE(recorder_.heard.empty());
}

TEST_F(CancelTest, WhileConnecting) {
  const TransferId id = Start({.url = origin_.Url("/a")});
  io_.run_one();  // adds it to curl
  cdn_->Cancel(id);
  RunFor(milliseconds(10));
  EXPECT_TRUE(recorder_.heard.empty());
}

TEST_F(CancelTest, WhileANameIsLookedUp) {
  const TransferId id = Start({.url = "http://localhost:1/"});
  io_.run_one();
  io_.run_one();  // curl has started its look-up
  cdn_->Cancel(id);
  RunFor(milliseconds(10));
  EXPECT_TRUE(recorder_.heard.empty());
}

TEST_F(CancelTest, WhileWaitingForTheHeadClosesTheConnection) {
  origin_.On("/a", {AwaitHangUp{}});
  const TransferId id = Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return origin_.requests().size() == 1; }));
  cdn_->Cancel(id);
  RunReady();
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
  EXPECT_TRUE(recorder_.heard.empty());
}

TEST_F(CancelTest, FromOnHead) {
  origin_.On("/a", {Send{kHeadAndSome}, AwaitHangUp{}});
  recorder_.then_on_head = [&](TransferId id) { cdn_->Cancel(id); };
  const TransferId id = Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return cdn_->active() == 0; }));
  RunReady();
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
  EXPECT_EQ(recorder_.heard[id].body, "");
  EXPECT_FALSE(recorder_.heard[id].result.has_value());
}

TEST_F(CancelTest, FromOnBody) {
  origin_.On("/a", {Send{kHeadAndSome}, AwaitHangUp{}});
  recorder_.then_on_body = [&](TransferId id) { cdn_->Cancel(id); };
  const TransferId id = Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return cdn_->active() == 0; }));
  RunReady();
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
  EXPECT_EQ(recorder_.heard[id].body, "abc");
  EXPECT_FALSE(recorder_.heard[id].result.has_value());
}

TEST_F(CancelTest, FromOnDoneHasNoEffect) {
  origin_.On("/a", Answer("200 OK", "", "a"));
  recorder_.then_on_done = [&](TransferId id) { cdn_->Cancel(id); };
  EXPECT_EQ(FetchPath("/a").result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(cdn_->active(), 0u);
}

TEST_F(CancelTest, OfAllOthersFromWhicheverEndsFirst) {
  origin_.On("/a", {AwaitSignal{}, Send{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}});
  std::vector<TransferId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(Start({.url = origin_.Url("/a")}));
  recorder_.then_on_done = [&](TransferId done) {
    for (const TransferId id : ids) {
      if (id != done) cdn_->Cancel(id);
    }
  };
  ASSERT_TRUE(RunUntil([&] { return origin_.requests().size() == 6; }));
  for (int i = 0; i < 6; ++i) origin_.Signal();
  RunFor(milliseconds(10));  // let several be ready at once
  ASSERT_TRUE(RunUntil([&] { return cdn_->active() == 0; }));
  RunReady();
  EXPECT_EQ(recorder_.done, 1);
}

TEST_F(CancelTest, OfAllOthersFromTheFirstTimeOut) {
  origin_.On("/a", {AwaitHangUp{}});
  std::vector<TransferId> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(Start({.url = origin_.Url("/a"), .stall_timeout = Milliseconds(30)}));
  }
  recorder_.then_on_done = [&](TransferId) {
    for (const TransferId id : ids) cdn_->Cancel(id);
  };
  ASSERT_TRUE(RunUntil([&] { return cdn_->active() == 0; }));
  RunReady();
  EXPECT_EQ(recorder_.done, 1);
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
}

TEST_F(CancelTest, WhilePaused) {
  origin_.On("/a", {Send{kHeadAndSome}, AwaitHangUp{}});
  recorder_.then_on_head = [&](TransferId id) { cdn_->Pause(id); };
  const TransferId id = Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return recorder_.heard[id].head.has_value(); }));
  cdn_->Resume(id);
  cdn_->Cancel(id);
  RunReady();
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
  EXPECT_EQ(recorder_.heard[id].body, "");
}

TEST_F(CancelTest, OfTheUnknownHasNoEffect) {
  cdn_->Cancel(0);
  cdn_->Cancel(12345);
  cdn_->Pause(12345);
  cdn_->Resume(12345);
  RunReady();
  EXPECT_EQ(cdn_->active(), 0u);
}

TEST_F(CancelTest, ListenerMayDieAtOnce) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\n\r\nabc"}, SendForever{"x"}});
  auto listener = std::make_unique<Recorder>();
  const TransferId id = cdn_->Start({.url = origin_.Url("/a")}, listener.get());
  ASSERT_TRUE(RunUntil([&] { return listener->heard[id].body.size() > 3; }));
  cdn_->Cancel(id);
  listener.reset();
  RunReady();
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
}

TEST_F(CancelTest, DestroyingTheClientEndsAllInSilence) {
  origin_.On("/body", {Send{kHeadAndSome}, AwaitHangUp{}});
  origin_.On("/none", {AwaitHangUp{}});
  origin_.On("/kept", Answer("200 OK", "", "a"));
  FetchPath("/kept");
  const TransferId id = Start({.url = origin_.Url("/body")});
  Start({.url = origin_.Url("/none")});
  ASSERT_TRUE(RunUntil([&] { return recorder_.heard[id].body == "abc"; }));
  Start({.url = origin_.Url("/late")});
  Start({.url = "no url"});
  cdn_.reset();
  RunFor(milliseconds(10));
  EXPECT_EQ(recorder_.done, 1);
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
}

TEST_F(CancelTest, ListenerMayStartAnotherTransferFromAnyCall) {
  origin_.On("/a", Answer("200 OK", "", "a"));
  const auto start = [&](TransferId id) {
    if (id == 1) cdn_->Start({.url = origin_.Url("/a")}, &recorder_);
  };
  recorder_.then_on_head = start;
  recorder_.then_on_body = start;
  recorder_.then_on_done = start;
  Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return recorder_.done == 4; }));
  for (TransferId id = 1; id <= 4; ++id) EXPECT_EQ(recorder_.heard[id].body, "a");
}

class PauseTest : public CdnTest {
 protected:
  static std::string Body() {
    std::string body;
    for (int i = 0; body.size() < 2'000'000; ++i) body += std::to_string(i);
    return body;
  }
};

TEST_F(PauseTest, HoldsTheBodyBackUntilResumed) {
  origin_.On("/a", Answer("200 OK", "", "abc"));
  recorder_.then_on_head = [&](TransferId id) { cdn_->Pause(id); };
  const TransferId id = Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return recorder_.heard[id].head.has_value(); }));
  RunFor(milliseconds(20));
  EXPECT_EQ(recorder_.heard[id].body, "");
  recorder_.in_call_from_test = true;
  cdn_->Resume(id);
  recorder_.in_call_from_test = false;
  ASSERT_TRUE(RunUntil([&] { return recorder_.done == 1; }));
  EXPECT_EQ(recorder_.heard[id].body, "abc");
}

TEST_F(PauseTest, NothingIsLostByPausingAfterEveryCall) {
  const std::string body = Body();
  origin_.On("/a", Answer("200 OK", "", body));
  recorder_.then_on_body = [&](TransferId id) { cdn_->Pause(id); };
  const TransferId id = Start({.url = origin_.Url("/a")});
  while (recorder_.done == 0) {
    const std::size_t before = recorder_.heard[id].body.size();
    ASSERT_TRUE(
        RunUntil([&] { return recorder_.done > 0 || recorder_.heard[id].body.size() > before; }));
    RunReady();
    ASSERT_LE(recorder_.heard[id].body.size() - before, 64u * 1024) << "more than one call's bytes";
    cdn_->Resume(id);
  }
  EXPECT_EQ(recorder_.heard[id].result->outcome, FetchOutcome::kComplete);
  EXPECT_TRUE(recorder_.heard[id].body == body);
}

TEST_F(PauseTest, SlowsTheSenderDown) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\n\r\n"}, SendForever{std::string(10'000, 'x')}});
  recorder_.then_on_body = [&](TransferId id) { cdn_->Pause(id); };
  const TransferId id = Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return !recorder_.heard[id].body.empty(); }));
  RunFor(milliseconds(20));
  EXPECT_LE(recorder_.heard[id].body.size(), 16u * 1024);
}

TEST_F(PauseTest, IsNoSilenceOfTheServer) {
  origin_.On("/a", {Send{kHeadAndSome}, AwaitHangUp{}});
  recorder_.then_on_head = [&](TransferId id) { cdn_->Pause(id); };
  const TransferId id = Start({.url = origin_.Url("/a"), .stall_timeout = Milliseconds(30)});
  RunFor(milliseconds(100));
  EXPECT_EQ(recorder_.done, 0);
  recorder_.then_on_head = nullptr;
  cdn_->Resume(id);
  ASSERT_TRUE(RunUntil([&] { return recorder_.done == 1; }));
  EXPECT_EQ(recorder_.heard[id].result->outcome, FetchOutcome::kTimedOut);
  EXPECT_EQ(recorder_.heard[id].body, "abc");
}

TEST_F(PauseTest, ResumeAndPauseAtOncePauses) {
  origin_.On("/a", {Send{kHeadAndSome}, AwaitHangUp{}});
  recorder_.then_on_head = [&](TransferId id) { cdn_->Pause(id); };
  const TransferId id = Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return recorder_.heard[id].head.has_value(); }));
  RunFor(milliseconds(10));
  cdn_->Resume(id);
  cdn_->Pause(id);
  RunFor(milliseconds(10));
  EXPECT_EQ(recorder_.heard[id].body, "");
}

TEST_F(PauseTest, LimitIsKeptInBytesHeldBack) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\n\r\nabcdef"}, AwaitHangUp{}});
  recorder_.then_on_head = [&](TransferId id) { cdn_->Pause(id); };
  const TransferId id = Start({.url = origin_.Url("/a"), .body_limit = 4});
  ASSERT_TRUE(RunUntil([&] { return recorder_.heard[id].head.has_value(); }));
  RunFor(milliseconds(10));
  cdn_->Resume(id);
  ASSERT_TRUE(RunUntil([&] { return recorder_.done == 1; }));
  EXPECT_EQ(recorder_.heard[id].result->outcome, FetchOutcome::kTooLarge);
  EXPECT_EQ(recorder_.heard[id].body, "abcd");
}

TEST_F(PauseTest, TransferMayBeCancelledByBytesHeldBack) {
  origin_.On("/a", {Send{kHeadAndSome}, AwaitHangUp{}});
  recorder_.then_on_head = [&](TransferId id) { cdn_->Pause(id); };
  recorder_.then_on_body = [&](TransferId id) { cdn_->Cancel(id); };
  const TransferId id = Start({.url = origin_.Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return recorder_.heard[id].head.has_value(); }));
  RunFor(milliseconds(10));
  cdn_->Resume(id);
  ASSERT_TRUE(RunUntil([&] { return cdn_->active() == 0; }));
  RunReady();
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
  EXPECT_EQ(recorder_.done, 0);
}

}  // namespace
}  // namespace shoal::cdn
