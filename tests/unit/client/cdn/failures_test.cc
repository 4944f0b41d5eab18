// Connections that are not there, break or fall silent, and requests that cannot be sent.
#include <string>

#include "tests/unit/client/cdn/cdn_fixture.h"

namespace shoal::cdn {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

using FailuresTest = CdnTest;

TEST_F(FailuresTest, BodyThatEndsEarlyIsTruncated) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}, CloseConnection{}});
  const auto& heard = FetchPath("/a");
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTruncated);
  EXPECT_EQ(heard.body, "abc");
}

TEST_F(FailuresTest, ChunkedBodyThatEndsEarlyIsTruncated) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
                    CloseConnection{}});
  EXPECT_EQ(FetchPath("/a").result->outcome, FetchOutcome::kTruncated);
}

TEST_F(FailuresTest, BrokenChunksAreTruncated) {
  origin_.On("/a",
             {Send{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}, AwaitHangUp{}});
  EXPECT_EQ(FetchPath("/a").result->outcome, FetchOutcome::kTruncated);
}

TEST_F(FailuresTest, BodyWithoutLengthEndsWithItsConnection) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\n\r\nabc"}, CloseConnection{}});
  const auto& heard = FetchPath("/a");
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.body, "abc");
}

TEST_F(FailuresTest, BytesBeyondContentLengthAreNotOfThisBody) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"}, AwaitHangUp{}});
  const auto& heard = FetchPath("/a");
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.body, "abc");
}

TEST_F(FailuresTest, NoAnswerAtAllIsUnreachable) {
  origin_.On("/a", {CloseConnection{}});
  const auto& heard = FetchPath("/a");
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kUnreachable);
  EXPECT_FALSE(heard.head.has_value());
}

TEST_F(FailuresTest, AnswerThatEndsInItsHeadIsUnreachable) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\nContent-Le"}, CloseConnection{}});
  const auto& heard = FetchPath("/a");
  EXPECT_NE(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_FALSE(heard.head.has_value());
}

TEST_F(FailuresTest, ClosedPortIsUnreachable) {
  std::string url;
  {
    const ScriptedOrigin gone;
    url = gone.Url("/a?secret");
  }
  const auto& heard = Fetch({.url = url});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kUnreachable);
  EXPECT_THAT(heard.result->message, HasSubstr("/a"));
  EXPECT_THAT(heard.result->message, Not(HasSubstr("secret")));
}

TEST_F(FailuresTest, SilenceInMidBodyTimesOut) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}, AwaitHangUp{}});
  const auto& heard = Fetch({.url = origin_.Url("/a"), .stall_timeout = Milliseconds(30)});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTimedOut);
  EXPECT_EQ(heard.body, "abc");
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
}

TEST_F(FailuresTest, SilenceBeforeTheHeadTimesOut) {
  origin_.On("/a", {AwaitHangUp{}});
  const auto& heard = Fetch({.url = origin_.Url("/a"), .stall_timeout = Milliseconds(30)});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTimedOut);
  EXPECT_FALSE(heard.head.has_value());
}

TEST_F(FailuresTest, SlowFirstByteWithinTheLimitIsWaitedFor) {
  origin_.On("/a", {AwaitSignal{}, Send{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}});
  const TransferId id = Start({.url = origin_.Url("/a"), .stall_timeout = Milliseconds(5000)});
  ASSERT_TRUE(RunUntil([&] { return origin_.requests().size() == 1; }));
  RunFor(milliseconds(30));
  EXPECT_EQ(recorder_.done, 0);
  origin_.Signal();
  ASSERT_TRUE(RunUntil([&] { return recorder_.done == 1; }));
  EXPECT_EQ(recorder_.heard[id].result->outcome, FetchOutcome::kComplete);
}

TEST_F(FailuresTest, ConnectionThatNeverStandsTimesOut) {
  // A full backlog drops further connection attempts, as a firewall would.
  boost::asio::io_context io;
  using boost::asio::ip::tcp;
  tcp::acceptor full(io);
  full.open(tcp::v4());
  full.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  full.listen(0);
  tcp::socket occupant(io);
  occupant.connect(full.local_endpoint());
  const auto& heard =
      Fetch({.url = "http://127.0.0.1:" + std::to_string(full.local_endpoint().port()) + "/",
             .connect_timeout = Milliseconds(30)});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTimedOut) << heard.result->message;
}

TEST_F(FailuresTest, RequestThatCannotBeSentIsReportedLater) {
  const TransferId id = Start({.url = "ftp://127.0.0.1/"});
  EXPECT_EQ(recorder_.done, 0);
  EXPECT_EQ(cdn_->active(), 1u);
  RunReady();
  EXPECT_EQ(recorder_.heard[id].result->outcome, FetchOutcome::kInvalidRequest);
  EXPECT_EQ(cdn_->active(), 0u);
}

TEST_F(FailuresTest, FailuresAreCounted) {
  origin_.On("/a", {CloseConnection{}});
  origin_.On("/b", Answer("404 Not Found", "", ""));
  FetchPath("/a");
  FetchPath("/b");
  Fetch({.url = "no url"});
  EXPECT_EQ(cdn_->figures().failures, 2u);
}

}  // namespace
}  // namespace shoal::cdn
