// How the tracker starts, refuses to, stops, and knows its members again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/tracker/server_fixture.h"

namespace shoal {
namespace {

using membership::Peer;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// The calls that the tracker has begun are answered. UNAVAILABLE is what later ones get, CANCELLED
// those that reach gRPC after it has closed and before the client has heard of it.
TEST_F(TrackerServerTest, StopsWhileCallersKeepCalling) {
  Start();
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0;
  std::vector<std::thread> callers;
  for (std::uint32_t caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      while (!done) {
        v1::AnnounceResponse response;
        const grpc::Status status = Announce(Request(caller, 1), &response);
        if (status.ok()) {
          ++answered;
          continue;
        }
        if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
            status.error_code() != grpc::StatusCode::CANCELLED) {
          ADD_FAILURE() << status.error_code() << ": " << status.error_message();
        }
        break;
      }
    });
  }
  while (answered < 20) std::this_thread::yield();
  server_->Stop();
  done = true;
  for (std::thread& caller : callers) caller.join();
}

TEST_F(TrackerServerTest, MayBeStoppedTwice) {
  Start();
  server_->Stop();
  server_->Stop();
}

TEST_F(TrackerServerTest, RefusesToShareAPort) {
  Start();
  TrackerConfig second = config_;
  second.listen = absl::StrCat("127.0.0.1:", server_->listen_port());
  const absl::Status taken = TrackerServer::Start(second, Dependencies()).status();
  EXPECT_THAT(std::string(taken.message()),
              HasSubstr(absl::StrCat("cannot listen on ", second.listen, " (--listen)")));
  second.listen = "127.0.0.1:0";
  second.operator_listen = absl::StrCat("127.0.0.1:", server_->operator_port());
  const absl::Status operator_taken = TrackerServer::Start(second, Dependencies()).status();
  EXPECT_THAT(std::string(operator_taken.message()), HasSubstr("(--operator-listen)"));
}

TEST_F(TrackerServerTest, WhoConnectsWhileTheStoreIsBeingOpenedWaits) {
  Start();
  const int port = server_->listen_port();
  server_->Stop();
  config_.listen = absl::StrCat("127.0.0.1:", port);
  v1::AnnounceResponse response;
  grpc::Status status;
  std::thread caller;
  open_store_ = [&] {
    caller = std::thread([&, channel = ChannelTo(port)] {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
      status = v1::Tracker::NewStub(channel)->Announce(&context, Request(1, 1), &response);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return &store_;
  };
  Start();
  caller.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.swarms(0).swarm_size(), 1u);
}

TEST_F(TrackerServerTest, DoesNotStartWithoutItsStore) {
  open_store_ = [] { return absl::DataLossError("the members are damaged"); };
  const absl::Status status = TrackerServer::Start(config_, Dependencies()).status();
  EXPECT_EQ(status, absl::DataLossError("the members are damaged"));
}

TEST_F(TrackerServerTest, LeavesTheStoreAloneIfAPortIsTaken) {
  Start();
  TrackerConfig second = config_;
  second.listen = absl::StrCat("127.0.0.1:", server_->listen_port());
  bool opened = false;
  open_store_ = [&] {
    opened = true;
    return &store_;
  };
  EXPECT_FALSE(TrackerServer::Start(second, Dependencies()).ok());
  EXPECT_FALSE(opened);
}

TEST_F(TrackerServerTest, RefusesAnAddressThatIsNotOurs) {
  config_.listen = "192.0.2.1:0";
  const absl::Status status = TrackerServer::Start(config_, Dependencies()).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("192.0.2.1:0 (--listen)"));
}

TEST_F(TrackerServerTest, RefusesMetricsOnATakenPort) {
  Start();
  TrackerConfig second = config_;
  second.metrics_listen = absl::StrCat("127.0.0.1:", server_->listen_port());
  const absl::Status status = TrackerServer::Start(second, Dependencies()).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("(--metrics-listen)"));
}

TEST_F(TrackerServerTest, WritesItsPorts) {
  config_.ports_file = ::testing::TempDir() + "tracker_server_test.ports";
  config_.metrics_listen = "127.0.0.1:0";
  Start();
  std::stringstream contents;
  contents << std::ifstream(config_.ports_file).rdbuf();
  EXPECT_EQ(contents.str(),
            absl::StrCat("listen=", server_->listen_port(), "\noperator=", server_->operator_port(),
                         "\nmetrics=", server_->metrics_port(), "\n"));
}

TEST_F(TrackerServerTest, RefusesToStartWithoutItsPortsFile) {
  config_.ports_file = "/nowhere/ports";
  EXPECT_THAT(std::string(TrackerServer::Start(config_, Dependencies()).status().message()),
              HasSubstr("/nowhere/ports"));
}

TEST_F(TrackerServerTest, KnowsItsMembersAgainAfterARestart) {
  Start();
  HandoutOf(1, 1);
  server_->Stop();
  clock_.Advance(Seconds(5));
  Start();
  WaitUntilWarm();
  EXPECT_EQ(Figures().members(), 1u);
  EXPECT_EQ(Figures().store().restored_members(), 1u);
  const std::vector<Member> handout = HandoutOf(2, 1);
  ASSERT_THAT(handout, SizeIs(1));
  EXPECT_EQ(handout[0].id, Peer(1));
}

TEST_F(TrackerServerTest, AnswersAtOnceAndSaysThatItIsStillWarming) {
  Start();
  HandoutOf(1, 1);
  server_->Stop();
  store_.LetLoad(false);
  Start();
  v1::AnnounceResponse early;
  EXPECT_TRUE(Announce(Request(2, 1), &early).ok());
  store_.LetLoad(true);
  EXPECT_TRUE(early.warming());
  EXPECT_EQ(early.swarms(0).swarm_size(), 1u);
  WaitUntilWarm();
  v1::AnnounceResponse later;
  EXPECT_TRUE(Announce(Request(2, 1), &later).ok());
  EXPECT_FALSE(later.warming());
  EXPECT_EQ(later.swarms(0).swarm_size(), 2u);
}

TEST_F(TrackerServerTest, StopsWhileItIsWarmingAndForgetsNobody) {
  Start();
  HandoutOf(1, 1);
  server_->Stop();
  store_.LetLoad(false);
  Start();
  HandoutOf(2, 1);
  std::thread release([&] { store_.LetLoad(true); });
  server_->Stop();
  release.join();
  EXPECT_EQ(store_.size(), 2u);
}

}  // namespace
}  // namespace shoal
