// The tracker as clients and operators see it: over gRPC, on ports of the loopback address.
#include "tracker/server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/ip_address.h"
#include "common/grpc/member_codec.h"
#include "tests/unit/tracker/fake_clock.h"
#include "tests/unit/tracker/generic_client.h"
#include "tests/unit/tracker/membership/members.h"
#include "tracker/service/announce_request.h"
#include "tracker/store/in_memory_membership_store.h"

namespace shoal {
namespace {

using membership::Peer;
using membership::SwarmOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Keeps what it holds while the test runs, as if on disk. Threads: any.
class FakeDurableStore final : public store::MembershipStore {
 public:
  absl::Status Apply(const std::vector<store::StoreChange>& changes) override {
    absl::MutexLock lock(&mu_);
    return store_.Apply(changes);
  }
  absl::Status Load(absl::FunctionRef<void(const store::StoredMember&)> visit) const override {
    absl::MutexLock lock(&mu_);
    return store_.Load(visit);
  }
  bool outlives_process() const override { return true; }

  std::size_t size() const {
    std::size_t members = 0;
    EXPECT_TRUE(Load([&](const store::StoredMember&) { ++members; }).ok());
    return members;
  }

  // Waits, for a few seconds at most, until it holds so many members.
  bool BecomesSize(std::size_t members) const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (size() != members && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return size() == members;
  }

 private:
  mutable absl::Mutex mu_;
  store::InMemoryMembershipStore store_ ABSL_GUARDED_BY(mu_);
};

v1::AnnounceRequest Request(std::uint32_t peer, std::uint32_t swarm) {
  v1::AnnounceRequest request;
  const PeerId id = Peer(peer);
  request.set_peer_id(id.bytes().data(), PeerId::kSize);
  request.set_port(7000 + peer);
  request.set_upload_class(12);
  const SwarmId swarm_id = SwarmOf(swarm);
  request.add_swarms()->set_swarm_id(swarm_id.bytes().data(), SwarmId::kSize);
  return request;
}

class TrackerServerTest : public ::testing::Test {
 protected:
  TrackerServerTest() {
    config_.listen = "127.0.0.1:0";
    config_.operator_listen = "127.0.0.1:0";
    config_.threads = 2;
    config_.membership.placement_seed = 1;
  }

  TrackerDependencies Dependencies() {
    return {.clock = clock_,
            .unix_ms = [this] { return clock_.UnixMilliseconds(); },
            .store = store_,
            .seed = 3};
  }

  void Start() {
    absl::StatusOr<std::unique_ptr<TrackerServer>> server =
        TrackerServer::Start(config_, Dependencies());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    tracker_channel_ = ChannelTo(server_->listen_port());
    operator_channel_ = ChannelTo(server_->operator_port());
  }

  // A channel of its own connection, to 127.0.0.1.
  static std::shared_ptr<grpc::Channel> ChannelTo(int port) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                     grpc::InsecureChannelCredentials(), arguments);
  }

  grpc::Status Announce(const v1::AnnounceRequest& request, v1::AnnounceResponse* response,
                        const std::string& forwarded_for = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    if (!forwarded_for.empty()) context.AddMetadata("x-forwarded-for", forwarded_for);
    return v1::Tracker::NewStub(tracker_channel_)->Announce(&context, request, response);
  }

  // The members handed out to `peer` when it announces itself in `swarm`.
  std::vector<Member> HandoutOf(std::uint32_t peer, std::uint32_t swarm,
                                const std::string& forwarded_for = "") {
    v1::AnnounceResponse response;
    const grpc::Status status = Announce(Request(peer, swarm), &response, forwarded_for);
    EXPECT_TRUE(status.ok()) << status.error_message();
    if (response.swarms_size() != 1) return {};
    EXPECT_TRUE(response.swarms(0).full());
    const absl::StatusOr<std::vector<Member>> members = UnpackMembers(response.swarms(0).added());
    EXPECT_TRUE(members.ok()) << members.status();
    return *members;
  }

  v1::GetFiguresResponse Figures() {
    grpc::ClientContext context;
    v1::GetFiguresResponse response;
    const grpc::Status status =
        v1::Operator::NewStub(operator_channel_)->GetFigures(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  FakeClock clock_;
  FakeDurableStore store_;
  TrackerConfig config_;
  std::unique_ptr<TrackerServer> server_;
  std::shared_ptr<grpc::Channel> tracker_channel_;
  std::shared_ptr<grpc::Channel> operator_channel_;
};

TEST_F(TrackerServerTest, HandsOutTheOthers) {
  Start();
  EXPECT_THAT(HandoutOf(1, 1), IsEmpty());
  const Member expected = {.id = Peer(1),
                           .endpoint = *ParseEndpoint("127.0.0.1:7001"),
                           .zone = 127 * 256,
                           .upload_class = 12,
                           .can_be_dialled = true};
  EXPECT_THAT(HandoutOf(2, 1), ElementsAre(expected));
}

TEST_F(TrackerServerTest, AnswersWithSizeAndInterval) {
  Start();
  HandoutOf(1, 1);
  v1::AnnounceResponse response;
  ASSERT_TRUE(Announce(Request(2, 1), &response).ok());
  EXPECT_EQ(response.swarms(0).swarm_size(), 2u);
  EXPECT_GE(response.announce_interval_ms(), 15'000u);
  EXPECT_LE(response.announce_interval_ms(), 15'000u * 115 / 100);
  EXPECT_EQ(response.ticket(), "");
  EXPECT_EQ(response.swarms(0).cookie(), "");
}

TEST_F(TrackerServerTest, OneCallServesAllSwarms) {
  Start();
  HandoutOf(1, 1);
  HandoutOf(1, 3);
  v1::AnnounceRequest request = Request(2, 1);
  *request.add_swarms() = Request(2, 2).swarms(0);
  *request.add_swarms() = Request(2, 3).swarms(0);
  v1::AnnounceResponse response;
  ASSERT_TRUE(Announce(request, &response).ok());
  ASSERT_EQ(response.swarms_size(), 3);
  EXPECT_EQ(response.swarms(0).swarm_size(), 2u);
  EXPECT_EQ(response.swarms(1).swarm_size(), 1u);
  EXPECT_EQ(response.swarms(2).swarm_size(), 2u);
}

TEST_F(TrackerServerTest, WhoStopsIsNotHandedOut) {
  Start();
  HandoutOf(1, 1);
  v1::AnnounceRequest stop = Request(1, 1);
  stop.mutable_swarms(0)->set_event(v1::ANNOUNCE_EVENT_STOPPED);
  v1::AnnounceResponse response;
  ASSERT_TRUE(Announce(stop, &response).ok());
  EXPECT_EQ(response.swarms(0).swarm_size(), 0u);
  EXPECT_THAT(HandoutOf(2, 1), IsEmpty());
  EXPECT_EQ(Figures().leaves(), 1u);
}

TEST_F(TrackerServerTest, WhoFallsSilentExpires) {
  Start();
  HandoutOf(1, 1);
  clock_.Advance(Seconds(30));  // twice the shortest interval
  EXPECT_THAT(HandoutOf(2, 1), SizeIs(1));
  clock_.Advance(Seconds(2.5 * 15 * 1.15 - 30));  // two and a half of the longest it was told
  EXPECT_THAT(HandoutOf(2, 1), IsEmpty());
  EXPECT_EQ(Figures().expirations(), 1u);
}

TEST_F(TrackerServerTest, MembersExpireThoughNobodyCalls) {
  Start();
  HandoutOf(1, 1);
  EXPECT_TRUE(store_.BecomesSize(1));
  clock_.Advance(Seconds(60));
  EXPECT_TRUE(store_.BecomesSize(0));
}

TEST_F(TrackerServerTest, Ipv4CallersOfAnIpv6SocketHaveIpv4Addresses) {
  config_.listen = "[::]:0";
  Start();
  HandoutOf(1, 1);
  const std::vector<Member> handout = HandoutOf(2, 1);
  ASSERT_THAT(handout, SizeIs(1));
  EXPECT_EQ(FormatEndpoint(handout[0].endpoint), "127.0.0.1:7001");
}

TEST_F(TrackerServerTest, BelievesATrustedProxy) {
  config_.trusted_proxies = {"127.0.0.0/8"};
  Start();
  HandoutOf(1, 1, "203.0.113.9, 198.51.100.7");
  const std::vector<Member> handout = HandoutOf(2, 1);
  ASSERT_THAT(handout, SizeIs(1));
  EXPECT_EQ(FormatEndpoint(handout[0].endpoint), "198.51.100.7:7001");
  EXPECT_EQ(handout[0].zone, 198 * 256 + 51);
}

TEST_F(TrackerServerTest, BelievesNobodyElse) {
  config_.trusted_proxies = {"10.0.0.0/8"};
  Start();
  HandoutOf(1, 1, "198.51.100.7");
  const std::vector<Member> handout = HandoutOf(2, 1);
  ASSERT_THAT(handout, SizeIs(1));
  EXPECT_EQ(FormatEndpoint(handout[0].endpoint), "127.0.0.1:7001");
}

TEST_F(TrackerServerTest, RefusesWhatBreaksALimitAndCountsIt) {
  Start();
  v1::AnnounceRequest request = Request(1, 1);
  request.set_port(65536);
  v1::AnnounceResponse response;
  const grpc::Status status = Announce(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "port 65536 is above 65535");
  EXPECT_EQ(Figures().refusals(), 1u);
  EXPECT_EQ(Figures().members(), 0u);
}

TEST_F(TrackerServerTest, RefusesRequestsOfTooManyBytes) {
  Start();
  v1::AnnounceRequest request = Request(1, 1);
  request.mutable_swarms(0)->set_cookie(std::string(service::kAnnounceRequestSizeMax, 'c'));
  v1::AnnounceResponse response;
  EXPECT_EQ(Announce(request, &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(TrackerServerTest, AFullSwarmTakesNobody) {
  config_.membership.max_members_per_swarm = 2;
  Start();
  HandoutOf(1, 1);
  HandoutOf(2, 1);
  v1::AnnounceResponse response;
  const grpc::Status status = Announce(Request(3, 1), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("is full with 2 members"));
  EXPECT_THAT(HandoutOf(2, 1), SizeIs(1));
}

TEST_F(TrackerServerTest, HandsOutASwarmOf51WholeAndOf52Not) {
  Start();
  for (std::uint32_t i = 1; i <= 50; ++i) HandoutOf(i, 1);
  EXPECT_THAT(HandoutOf(51, 1), SizeIs(50));
  EXPECT_THAT(HandoutOf(52, 1), SizeIs(50));
}

TEST_F(TrackerServerTest, CountsBytesOfSerialisedMessages) {
  Start();
  const v1::AnnounceRequest request = Request(1, 1);
  v1::AnnounceResponse response;
  ASSERT_TRUE(Announce(request, &response).ok());
  const v1::GetFiguresResponse figures = Figures();
  EXPECT_EQ(figures.announces(), 1u);
  EXPECT_EQ(figures.bytes_received(), request.ByteSizeLong());
  EXPECT_EQ(figures.bytes_sent(), response.ByteSizeLong());
}

TEST_F(TrackerServerTest, ServesManyCallersAtOnce) {
  Start();
  constexpr std::uint32_t kCallers = 8;
  constexpr std::uint32_t kCalls = 50;
  std::atomic<int> failed = 0;
  std::vector<std::thread> callers;
  for (std::uint32_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (std::uint32_t call = 0; call < kCalls; ++call) {
        v1::AnnounceResponse response;
        if (!Announce(Request(caller * kCalls + call, 1), &response).ok()) ++failed;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Figures().announces(), kCallers * kCalls);
  EXPECT_EQ(Figures().members(), kCallers * kCalls);
}

TEST_F(TrackerServerTest, TheOperatorIsNotServedToClients) {
  Start();
  grpc::ClientContext context;
  v1::GetFiguresResponse response;
  EXPECT_EQ(
      v1::Operator::NewStub(tracker_channel_)->GetFigures(&context, {}, &response).error_code(),
      grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(TrackerServerTest, OperatorsSeeSwarmsAndMembers) {
  Start();
  HandoutOf(1, 1);
  const std::unique_ptr<v1::Operator::Stub> stub = v1::Operator::NewStub(operator_channel_);
  grpc::ClientContext list_context;
  v1::ListSwarmsResponse swarms;
  ASSERT_TRUE(stub->ListSwarms(&list_context, {}, &swarms).ok());
  ASSERT_EQ(swarms.swarms_size(), 1);
  v1::DescribeSwarmRequest describe;
  describe.set_swarm_id(swarms.swarms(0).swarm_id());
  grpc::ClientContext describe_context;
  v1::DescribeSwarmResponse description;
  ASSERT_TRUE(stub->DescribeSwarm(&describe_context, describe, &description).ok());
  EXPECT_EQ(description.dialable_members(), 1u);
  v1::ListMembersRequest list;
  list.set_swarm_id(swarms.swarms(0).swarm_id());
  grpc::ClientContext members_context;
  v1::ListMembersResponse members;
  ASSERT_TRUE(stub->ListMembers(&members_context, list, &members).ok());
  ASSERT_EQ(members.members_size(), 1);
  EXPECT_EQ(members.members(0).port(), 7001u);
}

// ---- Health, reflection, channelz --------------------------------------------------------------

// HealthCheckRequest{service} and HealthCheckResponse{status}.
std::string HealthRequest(const std::string& service) {
  return service.empty()
             ? ""
             : absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
}
const char kServing[] = "\x08\x01";
const char kNotServing[] = "\x08\x02";
const char kHealthCheck[] = "/grpc.health.v1.Health/Check";
const char kHealthWatch[] = "/grpc.health.v1.Health/Watch";

TEST_F(TrackerServerTest, IsHealthyOnBothPorts) {
  Start();
  EXPECT_EQ(GenericCall(tracker_channel_, kHealthCheck, HealthRequest("")).Read(), kServing);
  EXPECT_EQ(GenericCall(tracker_channel_, kHealthCheck, HealthRequest("shoal.v1.Tracker")).Read(),
            kServing);
  EXPECT_EQ(GenericCall(operator_channel_, kHealthCheck, HealthRequest("shoal.v1.Operator")).Read(),
            kServing);
  EXPECT_EQ(GenericCall(tracker_channel_, kHealthCheck, HealthRequest("shoal.v1.Operator"))
                .End()
                .error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(TrackerServerTest, TellsItsWatchersThatItStopsAndDoesNotWaitForThem) {
  Start();
  GenericCall watch(tracker_channel_, kHealthWatch, HealthRequest("shoal.v1.Tracker"));
  ASSERT_EQ(watch.Read(), kServing);
  const auto began = std::chrono::steady_clock::now();
  std::thread stop([&] { server_->Stop(); });
  EXPECT_EQ(watch.Read(), kNotServing);
  stop.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(2900));
}

// ServerReflectionRequest{list_services: "*"}; the names stand in the answer as they are.
const char kListServices[] = "\x3a\x01*";
const char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

TEST_F(TrackerServerTest, ReflectionNamesTheServicesOfEachPort) {
  Start();
  const std::string tracker =
      GenericCall(tracker_channel_, kReflection, kListServices).Read().value_or("");
  EXPECT_THAT(tracker, HasSubstr("shoal.v1.Tracker"));
  EXPECT_THAT(tracker, HasSubstr("grpc.health.v1.Health"));
  EXPECT_THAT(tracker, Not(HasSubstr("shoal.v1.Operator")));
  const std::string operators =
      GenericCall(operator_channel_, kReflection, kListServices).Read().value_or("");
  EXPECT_THAT(operators, HasSubstr("shoal.v1.Operator"));
  EXPECT_THAT(operators, HasSubstr("grpc.channelz.v1.Channelz"));
}

// ServerReflectionRequest{file_containing_symbol}: clients that know no descriptions ask for it.
TEST_F(TrackerServerTest, ReflectionDescribesItsServices) {
  Start();
  for (const std::string service : {"shoal.v1.Tracker", "grpc.health.v1.Health"}) {
    const std::string request =
        absl::StrCat("\x22", std::string(1, static_cast<char>(service.size())), service);
    const std::string answer =
        GenericCall(tracker_channel_, kReflection, request).Read().value_or("");
    EXPECT_THAT(answer, HasSubstr(".proto")) << service;
    EXPECT_THAT(answer, Not(HasSubstr("not found"))) << service;
  }
}

TEST_F(TrackerServerTest, ChannelzIsForOperatorsOnly) {
  Start();
  const char kGetServers[] = "/grpc.channelz.v1.Channelz/GetServers";
  EXPECT_TRUE(GenericCall(operator_channel_, kGetServers, "").End().ok());
  EXPECT_EQ(GenericCall(tracker_channel_, kGetServers, "").End().error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

// ---- Start and stop ----------------------------------------------------------------------------

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
  EXPECT_EQ(Figures().members(), 1u);
  const std::vector<Member> handout = HandoutOf(2, 1);
  ASSERT_THAT(handout, SizeIs(1));
  EXPECT_EQ(handout[0].id, Peer(1));
}

}  // namespace
}  // namespace shoal
