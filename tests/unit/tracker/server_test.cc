// The tracker as clients and operators see it: over gRPC, on ports of the loopback address.
#include "tracker/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc/ip_address.h"
#include "common/grpc/member_codec.h"
#include "tests/unit/tracker/server_fixture.h"
#include "tracker/service/announce_request.h"
#include "tracker/service/zone_finder.h"

namespace shoal {
namespace {

using membership::Peer;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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

TEST_F(TrackerServerTest, NothingOfACallIsLeftInThoseThatFollow) {
  config_.threads = 1;
  Start();
  v1::AnnounceRequest many = Request(1, 1);
  for (std::uint32_t swarm = 2; swarm <= 16; ++swarm) {
    *many.add_swarms() = Request(1, swarm).swarms(0);
  }
  v1::AnnounceRequest refused = many;
  refused.mutable_swarms(15)->set_swarm_id("short");
  v1::AnnounceRequest plain = Request(2, 20);
  plain.clear_port();
  for (int i = 0; i < 100; ++i) {  // more than calls are awaited at once
    v1::AnnounceResponse response;
    ASSERT_TRUE(Announce(many, &response).ok());
    EXPECT_EQ(response.swarms_size(), 16);
    EXPECT_EQ(Announce(refused, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    ASSERT_TRUE(Announce(plain, &response).ok());
    ASSERT_EQ(response.swarms_size(), 1);
    EXPECT_EQ(response.swarms(0).swarm_size(), 1u);
    EXPECT_EQ(response.swarms(0).added(), "");
  }
  EXPECT_THAT(HandoutOf(3, 20), ElementsAre(Field(&Member::can_be_dialled, false)));
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
  EXPECT_EQ(Figures().expirations(), 1u);
  EXPECT_THAT(HandoutOf(2, 1), IsEmpty());
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

TEST_F(TrackerServerTest, ACookieSavesTheHandout) {
  Start();
  HandoutOf(1, 1);
  v1::AnnounceResponse first;
  ASSERT_TRUE(Announce(Request(2, 1), &first).ok());
  ASSERT_FALSE(first.swarms(0).cookie().empty());
  HandoutOf(3, 1);
  v1::AnnounceRequest request = Request(2, 1);
  request.mutable_swarms(0)->set_cookie(first.swarms(0).cookie());
  v1::AnnounceResponse second;
  ASSERT_TRUE(Announce(request, &second).ok());
  EXPECT_FALSE(second.swarms(0).full());
  EXPECT_EQ(second.swarms(0).swarm_size(), 3u);
  const absl::StatusOr<std::vector<Member>> added = UnpackMembers(second.swarms(0).added());
  ASSERT_THAT(*added, SizeIs(1));
  EXPECT_EQ((*added)[0].id, Peer(3));
}

TEST_F(TrackerServerTest, FindsOutWhoCannotBeDialled) {
  config_.dial_rate = 100;
  Start();
  v1::AnnounceRequest honest = Request(1, 1);
  honest.set_port(static_cast<std::uint32_t>(server_->listen_port()));  // where somebody listens
  v1::AnnounceResponse response;
  ASSERT_TRUE(Announce(honest, &response).ok());
  HandoutOf(2, 1);
  std::vector<Member> handout;
  for (int i = 0; i < 1000; ++i) {
    handout = HandoutOf(3, 1);
    if (handout.size() == 2 && !handout[1].can_be_dialled) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_THAT(handout, SizeIs(2));
  EXPECT_EQ(handout[0].id, Peer(1));
  EXPECT_TRUE(handout[0].can_be_dialled);
  EXPECT_FALSE(handout[1].can_be_dialled);
}

TEST_F(TrackerServerTest, ZonesComeFromTheFileAndAreReadAnew) {
  const std::string path = ::testing::TempDir() + absl::StrCat("server-zones-", getpid());
  const auto write = [&](absl::string_view text) { std::ofstream(path) << text; };
  write("127.0.0.0/8 here\n");
  config_.zones = path;
  Start();
  HandoutOf(1, 1);
  EXPECT_EQ(HandoutOf(2, 1)[0].zone, service::ZoneNumberOf("here"));
  write("nonsense\n");
  server_->ReloadZones();
  HandoutOf(1, 1);
  EXPECT_EQ(HandoutOf(2, 1)[0].zone, service::ZoneNumberOf("here"));
  write("127.0.0.0/8 there\n");
  server_->ReloadZones();
  HandoutOf(1, 1);
  EXPECT_EQ(HandoutOf(2, 1)[0].zone, service::ZoneNumberOf("there"));
  std::filesystem::remove(path);
}

TEST_F(TrackerServerTest, DoesNotStartWithAWrongFileOfZones) {
  config_.zones = "/nowhere/zones";
  const auto server = TrackerServer::Start(config_, Dependencies());
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("--zones: /nowhere/zones: "));
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

}  // namespace
}  // namespace shoal
