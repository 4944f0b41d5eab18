#include "tracker/service/announce_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace shoal::service {
namespace {

using membership::AnnounceCall;
using membership::AnnounceEvent;
using ::testing::SizeIs;

const std::string kAddress("\x0a\x01\x02\x03", 4);
constexpr std::uint16_t kZone = 0x1234;

// A request with one swarm, for each test to change in one place.
v1::AnnounceRequest Good() {
  v1::AnnounceRequest request;
  request.set_peer_id(std::string(16, 'p'));
  request.set_port(7000);
  request.set_upload_class(12);
  request.add_swarms()->set_swarm_id(std::string(16, 's'));
  return request;
}

absl::string_view FaultOf(const absl::StatusOr<AnnounceCall>& call) {
  EXPECT_EQ(call.status().code(), absl::StatusCode::kInvalidArgument);
  return call.status().message();
}

TEST(ParseAnnounceRequestTest, TakesOverWhatTheClientSays) {
  v1::AnnounceRequest request = Good();
  request.mutable_swarms(0)->set_event(v1::ANNOUNCE_EVENT_STARTED);
  const absl::StatusOr<AnnounceCall> call = ParseAnnounceRequest(request, kAddress, kZone);
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ(call->member.id, *PeerId::FromBytes(std::string(16, 'p')));
  EXPECT_EQ(call->member.endpoint, (Endpoint{kAddress, 7000}));
  EXPECT_EQ(call->member.upload_class, 12);
  EXPECT_TRUE(call->member.can_be_dialled);
  ASSERT_THAT(call->swarms, SizeIs(1));
  EXPECT_EQ(call->swarms[0].swarm, *SwarmId::FromBytes(std::string(16, 's')));
  EXPECT_EQ(call->swarms[0].event, AnnounceEvent::kStarted);
}

TEST(ParseAnnounceRequestTest, TheZoneIsTheOneGiven) {
  EXPECT_EQ(ParseAnnounceRequest(Good(), kAddress, kZone)->member.zone, kZone);
}

TEST(ParseAnnounceRequestTest, NobodyIsDialledAtPortZero) {
  v1::AnnounceRequest request = Good();
  request.set_port(0);
  EXPECT_FALSE(ParseAnnounceRequest(request, kAddress, kZone)->member.can_be_dialled);
}

TEST(ParseAnnounceRequestTest, KnowsAllEvents) {
  v1::AnnounceRequest request = Good();
  EXPECT_EQ(ParseAnnounceRequest(request, kAddress, kZone)->swarms[0].event,
            AnnounceEvent::kRefresh);
  request.mutable_swarms(0)->set_event(v1::ANNOUNCE_EVENT_STOPPED);
  EXPECT_EQ(ParseAnnounceRequest(request, kAddress, kZone)->swarms[0].event,
            AnnounceEvent::kStopped);
}

TEST(ParseAnnounceRequestTest, RefusesAnUnknownEvent) {
  v1::AnnounceRequest request = Good();
  request.mutable_swarms(0)->set_event(static_cast<v1::AnnounceEvent>(7));
  EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)),
            "swarms[0].event 7 is not known");
}

TEST(ParseAnnounceRequestTest, RefusesPeerIdsOfAnotherSize) {
  for (std::size_t size : {0u, 15u, 17u, 5000u}) {
    v1::AnnounceRequest request = Good();
    request.set_peer_id(std::string(size, 'p'));
    EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)),
              "peer_id has " + std::to_string(size) + " bytes instead of 16");
  }
}

TEST(ParseAnnounceRequestTest, RefusesSwarmIdsOfAnotherSize) {
  for (std::size_t size : {0u, 15u, 17u}) {
    v1::AnnounceRequest request = Good();
    request.add_swarms()->set_swarm_id(std::string(size, 's'));
    EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)),
              "swarms[1].swarm_id has " + std::to_string(size) + " bytes instead of 16");
  }
}

TEST(ParseAnnounceRequestTest, TakesTheHighestPortAndRefusesOneBeyond) {
  v1::AnnounceRequest request = Good();
  request.set_port(65535);
  EXPECT_EQ(ParseAnnounceRequest(request, kAddress, kZone)->member.endpoint.port, 65535);
  request.set_port(65536);
  EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)), "port 65536 is above 65535");
}

TEST(ParseAnnounceRequestTest, TakesTheHighestClassAndRefusesOneBeyond) {
  v1::AnnounceRequest request = Good();
  request.set_upload_class(31);
  EXPECT_EQ(ParseAnnounceRequest(request, kAddress, kZone)->member.upload_class, kUploadUnknown);
  request.set_upload_class(32);
  EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)), "upload_class 32 is above 31");
}

TEST(ParseAnnounceRequestTest, TakesTheLongestCookieAndRefusesOneByteMore) {
  v1::AnnounceRequest request = Good();
  request.mutable_swarms(0)->set_cookie(std::string(16, 'c'));
  EXPECT_TRUE(ParseAnnounceRequest(request, kAddress, kZone).ok());
  request.mutable_swarms(0)->set_cookie(std::string(17, 'c'));
  EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)),
            "swarms[0].cookie has 17 bytes, more than 16");
}

TEST(ParseAnnounceRequestTest, Takes64SwarmsAndRefusesOneMore) {
  v1::AnnounceRequest request = Good();
  while (request.swarms_size() < kSwarmsPerAnnounceMax) {
    const auto number = static_cast<char>(request.swarms_size());
    request.add_swarms()->set_swarm_id(std::string(16, number));
  }
  EXPECT_THAT(ParseAnnounceRequest(request, kAddress, kZone)->swarms, SizeIs(64));
  request.add_swarms()->set_swarm_id(std::string(16, 'x'));
  EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)), "65 swarms are more than 64");
}

TEST(ParseAnnounceRequestTest, RefusesASwarmThatIsNamedTwice) {
  v1::AnnounceRequest request = Good();
  request.add_swarms()->set_swarm_id(std::string(16, 'x'));
  EXPECT_TRUE(ParseAnnounceRequest(request, kAddress, kZone).ok());
  *request.add_swarms() = request.swarms(0);
  EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)),
            "swarms[2] is a swarm that the call has named before");
}

TEST(ParseAnnounceRequestTest, TakesSwarmsWhoseIdsBeginAlike) {
  v1::AnnounceRequest request = Good();
  request.clear_swarms();
  while (request.swarms_size() < kSwarmsPerAnnounceMax) {
    const auto number = static_cast<char>(request.swarms_size());
    request.add_swarms()->set_swarm_id(std::string(15, 's') + number);
  }
  EXPECT_THAT(ParseAnnounceRequest(request, kAddress, kZone)->swarms, SizeIs(64));
  *request.mutable_swarms(63) = request.swarms(31);
  EXPECT_EQ(FaultOf(ParseAnnounceRequest(request, kAddress, kZone)),
            "swarms[63] is a swarm that the call has named before");
}

TEST(ParseAnnounceRequestTest, TheLargestGoodRequestFitsIntoTheSizeLimit) {
  v1::AnnounceRequest request = Good();
  request.set_port(kPortMax);
  request.clear_swarms();
  while (request.swarms_size() < kSwarmsPerAnnounceMax) {
    v1::SwarmAnnounce* swarm = request.add_swarms();
    swarm->set_swarm_id(std::string(16, 's'));
    swarm->set_cookie(std::string(kCookieSizeMax, 'c'));
    swarm->set_event(v1::ANNOUNCE_EVENT_STOPPED);
  }
  EXPECT_LT(request.ByteSizeLong(), static_cast<std::size_t>(kAnnounceRequestSizeMax));
}

}  // namespace
}  // namespace shoal::service
