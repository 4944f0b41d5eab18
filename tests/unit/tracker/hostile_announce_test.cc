// Announces that no client of good will makes, sent to a running tracker: each is refused with the
// right status, changes nothing, and leaves the tracker as able as before.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/random/random.h"
#include "tests/bench/announce_load/hostile_members.h"
#include "tests/unit/tracker/generic_client.h"
#include "tests/unit/tracker/server_fixture.h"

namespace shoal {
namespace {

using bench::Hostility;

constexpr char kAnnounce[] = "/shoal.v1.Tracker/Announce";

class HostileAnnounceTest : public TrackerServerTest {
 protected:
  grpc::StatusCode Send(const std::string& request) {
    return GenericCall(tracker_channel_, kAnnounce, request).End().error_code();
  }

  // That the three good members of swarm 1 are there, and nobody else.
  void ExpectUnharmed() {
    const v1::GetFiguresResponse figures = Figures();
    EXPECT_EQ(figures.members(), 3u);
    EXPECT_EQ(figures.swarms(), 1u);
    EXPECT_EQ(HandoutOf(1, 1).size(), 2u);
  }

  void StartWithThree() {
    Start();
    for (std::uint32_t peer = 1; peer <= 3; ++peer) HandoutOf(peer, 1);
  }
};

class HostileKindTest : public HostileAnnounceTest,
                        public ::testing::WithParamInterface<Hostility> {};

TEST_P(HostileKindTest, IsRefusedWithTheRightStatusAndChangesNothing) {
  config_.trusted_proxies = {"127.0.0.0/8"};
  StartWithThree();
  bench::HostileMembers hostile(GetParam());
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string request = hostile.Request(i);
    if (bench::ForwardedFor(GetParam()).empty()) {
      EXPECT_EQ(Send(request), bench::RightStatus(GetParam()));
    } else {
      v1::AnnounceRequest parsed;
      ASSERT_TRUE(parsed.ParseFromString(request));
      v1::AnnounceResponse response;
      const std::string header(bench::ForwardedFor(GetParam()));
      EXPECT_EQ(Announce(parsed, &response, header).error_code(), bench::RightStatus(GetParam()));
    }
  }
  ExpectUnharmed();
}

INSTANTIATE_TEST_SUITE_P(Kinds, HostileKindTest,
                         ::testing::Values(Hostility::kGarbage, Hostility::kShortId,
                                           Hostility::kManySwarms, Hostility::kTwice,
                                           Hostility::kHuge, Hostility::kForwarded));

TEST_F(HostileAnnounceTest, SomebodyElsesIdFromAnotherAddressRemovesNobody) {
  config_.trusted_proxies = {"127.0.0.0/8"};
  StartWithThree();
  v1::AnnounceRequest stop = Request(2, 1);
  stop.mutable_swarms(0)->set_event(v1::ANNOUNCE_EVENT_STOPPED);
  v1::AnnounceResponse response;
  EXPECT_TRUE(Announce(stop, &response, "198.51.100.7").ok());
  ExpectUnharmed();
}

TEST_F(HostileAnnounceTest, WhoIsNotTrustedCannotSayWhereItIs) {
  StartWithThree();
  HandoutOf(3, 1, "198.51.100.7");
  for (const Member& member : HandoutOf(1, 1)) {
    EXPECT_EQ(member.endpoint.address, std::string("\x7f\0\0\1", 4));
  }
}

// Good requests with some bytes changed: whatever comes of each, the tracker decides it by the
// message and goes on.
TEST_F(HostileAnnounceTest, ChangedBytesAreRefusedOrUnderstood) {
  Start();
  Random random(11);
  std::map<int, int> statuses;
  for (int i = 0; i < 1500; ++i) {
    v1::AnnounceRequest good = Request(1 + static_cast<std::uint32_t>(random.Below(5)), 1);
    good.mutable_swarms(0)->set_cookie(std::string(15, 'c'));
    std::string bytes = good.SerializeAsString();
    for (std::uint64_t changes = 1 + random.Below(4); changes > 0; --changes) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    }
    if (random.Below(4) == 0) bytes.resize(random.Below(bytes.size()));
    ++statuses[Send(bytes)];
  }
  const int decided =
      statuses[grpc::OK] + statuses[grpc::INVALID_ARGUMENT] + statuses[grpc::INTERNAL];
  EXPECT_EQ(decided, 1500);
  EXPECT_GT(statuses[grpc::OK], 10);
  EXPECT_GT(statuses[grpc::INVALID_ARGUMENT], 10);
  EXPECT_GT(statuses[grpc::INTERNAL], 10);
  EXPECT_EQ(Figures().announces() + Figures().refusals(),
            static_cast<std::uint64_t>(statuses[grpc::OK] + statuses[grpc::INVALID_ARGUMENT]));
}

}  // namespace
}  // namespace shoal
