// A tracker on ports of the loopback address, and its callers.
#ifndef SHOAL_TESTS_UNIT_TRACKER_SERVER_FIXTURE_H_
#define SHOAL_TESTS_UNIT_TRACKER_SERVER_FIXTURE_H_

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc/member_codec.h"
#include "tests/unit/tracker/fake_clock.h"
#include "tests/unit/tracker/fake_durable_store.h"
#include "tests/unit/tracker/membership/members.h"
#include "tracker/server.h"

namespace shoal {

inline v1::AnnounceRequest Request(std::uint32_t peer, std::uint32_t swarm) {
  v1::AnnounceRequest request;
  const PeerId id = membership::Peer(peer);
  request.set_peer_id(id.bytes().data(), PeerId::kSize);
  request.set_port(7000 + peer);
  request.set_upload_class(12);
  const SwarmId swarm_id = membership::SwarmOf(swarm);
  request.add_swarms()->set_swarm_id(swarm_id.bytes().data(), SwarmId::kSize);
  return request;
}

class TrackerServerTest : public ::testing::Test {
 protected:
  TrackerServerTest() {
    config_.listen = "127.0.0.1:0";
    config_.operator_listen = "127.0.0.1:0";
    config_.threads = 2;
    config_.dial_rate = 0;  // nobody listens where the members say
    config_.membership.placement_seed = 1;
  }

  TrackerDependencies Dependencies() {
    return {.clock = clock_,
            .unix_ms = [this] { return clock_.UnixMilliseconds(); },
            .open_store = [this] { return open_store_(); },
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

  // Waits until the members that the store held are back.
  void WaitUntilWarm() {
    while (Figures().warming()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
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
  std::function<absl::StatusOr<store::MembershipStore*>()> open_store_ = [this] { return &store_; };
  TrackerConfig config_;
  std::unique_ptr<TrackerServer> server_;
  std::shared_ptr<grpc::Channel> tracker_channel_;
  std::shared_ptr<grpc::Channel> operator_channel_;
};

}  // namespace shoal

#endif  // SHOAL_TESTS_UNIT_TRACKER_SERVER_FIXTURE_H_
