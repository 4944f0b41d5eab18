// The client against a tracker in the same process that answers what a test tells it to.
#include "client/announce/tracker_client.h"

#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/grpc/member_codec.h"
#include "shoal/v1/tracker.grpc.pb.h"

namespace shoal::announce {
namespace {

PeerId Peer(char c) { return *PeerId::FromBytes(std::string(16, c)); }
SwarmId Swarm(char c) { return *SwarmId::FromBytes(std::string(16, c)); }

// Answers each swarm with cookie "N", the number of the call counted from 1, unless `answer` says
// otherwise. Threads: any.
class FakeTracker final : public v1::Tracker::Service {
 public:
  using Answer =
      std::function<grpc::Status(int call, const v1::AnnounceRequest&, v1::AnnounceResponse*)>;

  explicit FakeTracker(std::uint16_t port = 0) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeTracker() override { Stop(); }

  void Stop() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }
  std::vector<v1::AnnounceRequest> requests() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return requests_;
  }
  void set_answer(Answer answer) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    answer_ = std::move(answer);
  }

  static void FillFull(int call, const v1::AnnounceRequest& request,
                       v1::AnnounceResponse* response) {
    response->set_announce_interval_ms(20000);
    for (int i = 0; i < request.swarms_size(); ++i) {
      v1::SwarmHandout* handout = response->add_swarms();
      handout->set_full(true);
      handout->set_swarm_size(static_cast<std::uint32_t>(10 + i));
      handout->set_cookie(absl::StrCat(call));
    }
  }

  grpc::Status Announce(grpc::ServerContext*, const v1::AnnounceRequest* request,
                        v1::AnnounceResponse* response) override ABSL_LOCKS_EXCLUDED(mu_) {
    Answer answer;
    int call = 0;
    {
      absl::MutexLock lock(&mu_);
      requests_.push_back(*request);
      call = static_cast<int>(requests_.size());
      answer = answer_;
    }
    if (answer) return answer(call, *request, response);
    FillFull(call, *request, response);
    return grpc::Status::OK;
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mu_;
  std::vector<v1::AnnounceRequest> requests_ ABSL_GUARDED_BY(mu_);
  Answer answer_ ABSL_GUARDED_BY(mu_);
};

class TrackerClientTest : public testing::Test {
 protected:
  using Answer = absl::StatusOr<core::AnnounceAnswered>;

  static core::AnnouncedSwarm Swarm(char name,
                                    core::AnnounceKind kind = core::AnnounceKind::kRefresh) {
    return {
        .stream = static_cast<core::StreamId>(name), .swarm = announce::Swarm(name), .kind = kind};
  }
  // Runs the loop until `done`; false if that takes too long.
  bool RunUntil(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
  }
  std::shared_ptr<std::optional<Answer>> Start(const std::vector<core::AnnouncedSwarm>& swarms) {
    auto answer = std::make_shared<std::optional<Answer>>();
    client.Announce({.upload_class = 9, .swarms = swarms},
                    [answer](Answer given) { *answer = std::move(given); });
    return answer;
  }
  Answer Announce(const std::vector<core::AnnouncedSwarm>& swarms) {
    const auto answer = Start(swarms);
    EXPECT_FALSE(answer->has_value()) << "called back from within Announce";
    if (!RunUntil([&] { return answer->has_value(); })) return absl::UnknownError("no callback");
    return **answer;
  }

  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      loop.get_executor()};
  FakeTracker tracker;
  TrackerClient client{loop, tracker.target(), Peer('s')};
};

constexpr auto kStarted = core::AnnounceKind::kStarted;
constexpr auto kStopped = core::AnnounceKind::kStopped;

TEST_F(TrackerClientTest, SaysWhoItIsAndGetsTheHandouts) {
  client.set_port(7001);
  const Answer answer = Announce({Swarm('a', kStarted), Swarm('b')});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->interval, Seconds(20));
  ASSERT_EQ(answer->swarms.size(), 2u);
  EXPECT_EQ(answer->swarms[0].stream, static_cast<core::StreamId>('a'));
  EXPECT_EQ(answer->swarms[0].swarm_size, 10u);
  EXPECT_EQ(answer->swarms[1].swarm_size, 11u);

  const v1::AnnounceRequest request = tracker.requests().at(0);
  EXPECT_EQ(request.peer_id(), std::string(16, 's'));
  EXPECT_EQ(request.port(), 7001u);
  EXPECT_EQ(request.upload_class(), 9u);
  EXPECT_EQ(request.swarms(0).swarm_id(), std::string(16, 'a'));
  EXPECT_EQ(request.swarms(0).event(), v1::ANNOUNCE_EVENT_STARTED);
  EXPECT_EQ(request.swarms(1).event(), v1::ANNOUNCE_EVENT_UNSPECIFIED);
  EXPECT_EQ(client.figures().announces, 1u);
  EXPECT_EQ(client.figures().failures, 0u);
  EXPECT_EQ(client.figures().bytes_sent, request.ByteSizeLong());
  EXPECT_GT(client.figures().bytes_received, 0u);
}

TEST_F(TrackerClientTest, SendsTheCookieOfTheLastAnswerOfEachSwarm) {
  ASSERT_TRUE(Announce({Swarm('a')}).ok());
  ASSERT_TRUE(Announce({Swarm('b')}).ok());
  ASSERT_TRUE(Announce({Swarm('a'), Swarm('b'), Swarm('c')}).ok());
  const v1::AnnounceRequest request = tracker.requests().at(2);
  EXPECT_EQ(request.swarms(0).cookie(), "1");
  EXPECT_EQ(request.swarms(1).cookie(), "2");
  EXPECT_EQ(request.swarms(2).cookie(), "");
}

TEST_F(TrackerClientTest, ForgetsTheCookieOfASwarmItLeft) {
  ASSERT_TRUE(Announce({Swarm('a')}).ok());
  const Answer stopped = Announce({Swarm('a', kStopped)});
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_TRUE(stopped->swarms.empty());
  ASSERT_TRUE(Announce({Swarm('a')}).ok());
  EXPECT_EQ(tracker.requests().at(1).swarms(0).event(), v1::ANNOUNCE_EVENT_STOPPED);
  EXPECT_EQ(tracker.requests().at(1).swarms(0).cookie(), "");
  EXPECT_EQ(tracker.requests().at(2).swarms(0).cookie(), "");
}

TEST_F(TrackerClientTest, KeepsTheCookieWhenACallFails) {
  ASSERT_TRUE(Announce({Swarm('a')}).ok());
  tracker.set_answer(
      [](int, const auto&, auto*) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "later"); });
  const Answer failed = Announce({Swarm('a')});
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(failed.status().message(), "later");
  tracker.set_answer(nullptr);
  ASSERT_TRUE(Announce({Swarm('a')}).ok());
  EXPECT_EQ(tracker.requests().at(2).swarms(0).cookie(), "1");
  EXPECT_EQ(client.figures().failures, 1u);
}

TEST_F(TrackerClientTest, NonsenseIsAnErrorAndForgetsTheCookies) {
  ASSERT_TRUE(Announce({Swarm('a'), Swarm('b')}).ok());
  tracker.set_answer([](int call, const auto& request, auto* response) {
    FakeTracker::FillFull(call, request, response);
    response->mutable_swarms(1)->set_added("\1not a member");
    return grpc::Status::OK;
  });
  EXPECT_EQ(Announce({Swarm('a'), Swarm('b')}).status().code(), absl::StatusCode::kDataLoss);
  tracker.set_answer(nullptr);
  ASSERT_TRUE(Announce({Swarm('a'), Swarm('b')}).ok());
  EXPECT_EQ(tracker.requests().at(2).swarms(0).cookie(), "");
  EXPECT_EQ(tracker.requests().at(2).swarms(1).cookie(), "");
}

TEST_F(TrackerClientTest, AnswerForAnotherNumberOfSwarmsIsAnError) {
  tracker.set_answer([](int call, const auto& request, auto* response) {
    FakeTracker::FillFull(call, request, response);
    response->add_swarms()->set_full(true);
    return grpc::Status::OK;
  });
  const Answer answer = Announce({Swarm('a')});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(answer.status().message()), testing::HasSubstr("2 swarms instead of 1"));
}

TEST_F(TrackerClientTest, HugeAnswerIsAnError) {
  tracker.set_answer([](int, const auto&, auto* response) {
    response->set_ticket(std::string(1u << 20, 'x'));
    return grpc::Status::OK;
  });
  EXPECT_EQ(Announce({Swarm('a')}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(TrackerClientTest, TakesSixtyFourSwarmsAndNotOneMore) {
  std::vector<core::AnnouncedSwarm> swarms(64, Swarm('a'));
  for (std::size_t i = 0; i < swarms.size(); ++i) {
    swarms[i].swarm = announce::Swarm(static_cast<char>(i + 1));
  }
  EXPECT_TRUE(Announce(swarms).ok());
  swarms.push_back(Swarm('z'));
  EXPECT_EQ(Announce(swarms).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(tracker.requests().size(), 1u);
}

TEST_F(TrackerClientTest, OverlappingCallsAskForFullHandoutsAndTheLaterCounts) {
  ASSERT_TRUE(Announce({Swarm('a')}).ok());
  const auto release_second = std::make_shared<absl::Notification>();
  tracker.set_answer([release_second](int call, const auto& request, auto* response) {
    if (call == 2) release_second->WaitForNotification();
    FakeTracker::FillFull(call, request, response);
    return grpc::Status::OK;
  });
  const auto second = Start({Swarm('a')});
  ASSERT_TRUE(RunUntil([&] { return tracker.requests().size() == 2; }));
  const Answer third = Announce({Swarm('a')});
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(third->swarms.size(), 1u);
  release_second->Notify();
  ASSERT_TRUE(RunUntil([&] { return second->has_value(); }));
  EXPECT_TRUE((**second)->swarms.empty()) << "out of date";

  ASSERT_TRUE(Announce({Swarm('a')}).ok());
  EXPECT_EQ(tracker.requests().at(1).swarms(0).cookie(), "1");
  EXPECT_EQ(tracker.requests().at(2).swarms(0).cookie(), "");
  EXPECT_EQ(tracker.requests().at(3).swarms(0).cookie(), "3");
}

TEST_F(TrackerClientTest, AnswerForASwarmLeftMeanwhileIsDropped) {
  const auto release = std::make_shared<absl::Notification>();
  tracker.set_answer([release](int call, const auto& request, auto* response) {
    if (call == 1) release->WaitForNotification();
    FakeTracker::FillFull(call, request, response);
    return grpc::Status::OK;
  });
  const auto first = Start({Swarm('a')});
  ASSERT_TRUE(RunUntil([&] { return tracker.requests().size() == 1; }));
  ASSERT_TRUE(Announce({Swarm('a', kStopped)}).ok());
  release->Notify();
  ASSERT_TRUE(RunUntil([&] { return first->has_value(); }));
  EXPECT_TRUE((**first)->swarms.empty());
}

TEST_F(TrackerClientTest, CallsInFlightAreLimited) {
  const auto release = std::make_shared<absl::Notification>();
  tracker.set_answer([release](int call, const auto& request, auto* response) {
    release->WaitForNotification();
    FakeTracker::FillFull(call, request, response);
    return grpc::Status::OK;
  });
  std::vector<std::shared_ptr<std::optional<Answer>>> answers;
  for (std::size_t i = 0; i < kAnnouncesInFlightMax; ++i) answers.push_back(Start({Swarm('a')}));
  EXPECT_EQ(client.in_flight(), kAnnouncesInFlightMax);
  EXPECT_EQ(Announce({Swarm('a')}).status().code(), absl::StatusCode::kResourceExhausted);
  release->Notify();
  for (const auto& answer : answers) {
    ASSERT_TRUE(RunUntil([&] { return answer->has_value(); }));
    EXPECT_TRUE((*answer)->ok());
  }
  EXPECT_EQ(client.in_flight(), 0u);
}

TEST_F(TrackerClientTest, AbsentTrackerIsAnErrorAndItsReturnIsNoticed) {
  const std::string target = tracker.target();
  tracker.Stop();
  EXPECT_EQ(Announce({Swarm('a')}).status().code(), absl::StatusCode::kUnavailable);
  const auto colon = target.find(':');
  FakeTracker restarted(static_cast<std::uint16_t>(std::stoi(target.substr(colon + 1))));
  EXPECT_TRUE(RunUntil([&] { return Announce({Swarm('a')}).ok(); }));
}

TEST_F(TrackerClientTest, SilentTrackerIsGivenUpAfterFiveSeconds) {
  const auto release = std::make_shared<absl::Notification>();
  tracker.set_answer([release](int call, const auto& request, auto* response) {
    if (call == 1) release->WaitForNotification();
    FakeTracker::FillFull(call, request, response);
    return grpc::Status::OK;
  });
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(Announce({Swarm('a')}).status().code(), absl::StatusCode::kDeadlineExceeded);
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, std::chrono::milliseconds(4900));
  EXPECT_LT(took, std::chrono::milliseconds(8000));
  EXPECT_TRUE(Announce({Swarm('a')}).ok()) << "over a new connection";
  release->Notify();
}

TEST_F(TrackerClientTest, NothingIsHeardAfterShutdown) {
  const auto release = std::make_shared<absl::Notification>();
  tracker.set_answer([release](int, const auto&, auto*) {
    release->WaitForNotification();
    return grpc::Status::OK;
  });
  const auto in_flight = Start({Swarm('a')});
  const auto refused = Start(std::vector<core::AnnouncedSwarm>(65, Swarm('a')));
  ASSERT_TRUE(RunUntil([&] { return tracker.requests().size() == 1 || refused->has_value(); }));
  client.Shutdown();
  const auto late = Start({Swarm('a')});
  release->Notify();
  loop.run_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(in_flight->has_value());
  EXPECT_FALSE(late->has_value());
}

}  // namespace
}  // namespace shoal::announce
