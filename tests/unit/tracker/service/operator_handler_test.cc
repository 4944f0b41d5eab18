#include "tracker/service/operator_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/tracker/fake_clock.h"
#include "tests/unit/tracker/membership/members.h"

namespace shoal::service {
namespace {

using membership::Peer;
using membership::StrongMember;
using membership::SwarmOf;
using membership::WeakMember;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class OperatorHandlerTest : public ::testing::Test {
 protected:
  void Join(const Member& member, std::uint32_t swarm) {
    ASSERT_TRUE(table_.Announce({.member = member, .swarms = {{.swarm = SwarmOf(swarm)}}}).ok());
  }

  // Swarm 1 with 3 members, swarm 2 with 1, swarm 3 with 2.
  void FillThreeSwarms() {
    for (std::uint32_t i = 1; i <= 3; ++i) Join(StrongMember(i), 1);
    Join(StrongMember(1), 2);
    for (std::uint32_t i = 1; i <= 2; ++i) Join(StrongMember(i), 3);
  }

  grpc::StatusCode ListSwarmsCode(std::uint32_t page_size, const std::string& token) {
    v1::ListSwarmsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    v1::ListSwarmsResponse response;
    return handler_.ListSwarms(request, &response).error_code();
  }

  FakeClock clock_;
  MembershipTable table_{{.placement_seed = 1}, 1, clock_};
  ServiceFigures figures_;
  OperatorHandler handler_{table_, figures_, clock_};
};

TEST_F(OperatorHandlerTest, ListsSwarmsTheLargestFirst) {
  FillThreeSwarms();
  v1::ListSwarmsResponse response;
  ASSERT_TRUE(handler_.ListSwarms({}, &response).ok());
  ASSERT_EQ(response.swarms_size(), 3);
  EXPECT_EQ(response.swarms(0).swarm_id(), SwarmOf(1).ToString());
  EXPECT_EQ(response.swarms(0).members(), 3u);
  EXPECT_EQ(response.swarms(1).swarm_id(), SwarmOf(3).ToString());
  EXPECT_EQ(response.swarms(2).swarm_id(), SwarmOf(2).ToString());
  EXPECT_EQ(response.total_swarms(), 3u);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(OperatorHandlerTest, ListsSwarmsInPages) {
  FillThreeSwarms();
  std::vector<std::string> listed;
  v1::ListSwarmsRequest request;
  request.set_page_size(1);
  for (int page = 0; page < 3; ++page) {
    v1::ListSwarmsResponse response;
    ASSERT_TRUE(handler_.ListSwarms(request, &response).ok());
    ASSERT_EQ(response.swarms_size(), 1);
    listed.push_back(response.swarms(0).swarm_id());
    EXPECT_EQ(response.next_page_token().empty(), page == 2);
    request.set_page_token(response.next_page_token());
  }
  EXPECT_THAT(listed,
              ElementsAre(SwarmOf(1).ToString(), SwarmOf(3).ToString(), SwarmOf(2).ToString()));
}

TEST_F(OperatorHandlerTest, TakesTheLargestPageAndRefusesOneMore) {
  EXPECT_EQ(ListSwarmsCode(kPageSizeMax, ""), grpc::StatusCode::OK);
  EXPECT_EQ(ListSwarmsCode(kPageSizeMax + 1, ""), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(OperatorHandlerTest, RefusesTokensItNeverGave) {
  for (const std::string& token : {std::string("x"), std::string(":"), "3:" + std::string(31, 'a'),
                                   "-3:" + std::string(32, 'a'), std::string(100'000, '1')}) {
    EXPECT_EQ(ListSwarmsCode(1, token), grpc::StatusCode::INVALID_ARGUMENT) << token.substr(0, 50);
  }
}

TEST_F(OperatorHandlerTest, DescribesASwarm) {
  Member near = StrongMember(1, 7);
  Join(near, 1);
  clock_.Advance(Seconds(10));
  Join(WeakMember(2), 1);
  v1::DescribeSwarmRequest request;
  request.set_swarm_id(SwarmOf(1).ToString());
  v1::DescribeSwarmResponse response;
  ASSERT_TRUE(handler_.DescribeSwarm(request, &response).ok());
  EXPECT_EQ(response.swarm().swarm_id(), SwarmOf(1).ToString());
  EXPECT_EQ(response.swarm().members(), 2u);
  EXPECT_EQ(response.dialable_members(), 1u);
  EXPECT_EQ(response.oldest_member_s(), 10u);
  EXPECT_THAT(response.members_by_upload_class(), UnorderedElementsAre(Pair(12, 2)));
  EXPECT_THAT(response.members_by_zone(), UnorderedElementsAre(Pair(0, 1), Pair(7, 1)));
}

TEST_F(OperatorHandlerTest, NobodyIsInASwarmThatIsNotThere) {
  v1::DescribeSwarmRequest describe;
  describe.set_swarm_id(SwarmOf(1).ToString());
  v1::DescribeSwarmResponse description;
  EXPECT_EQ(handler_.DescribeSwarm(describe, &description).error_code(),
            grpc::StatusCode::NOT_FOUND);
  v1::ListMembersRequest list;
  list.set_swarm_id(SwarmOf(1).ToString());
  v1::ListMembersResponse members;
  EXPECT_EQ(handler_.ListMembers(list, &members).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(OperatorHandlerTest, RefusesSwarmIdsThatAreNone) {
  for (const std::string& id : {std::string(), std::string(31, 'a'), std::string(33, 'a'),
                                std::string(32, 'g'), std::string(16, '\0')}) {
    v1::DescribeSwarmRequest request;
    request.set_swarm_id(id);
    v1::DescribeSwarmResponse response;
    EXPECT_EQ(handler_.DescribeSwarm(request, &response).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_F(OperatorHandlerTest, ListsMembersInPagesById) {
  for (std::uint32_t i : {3u, 1u, 2u}) Join(StrongMember(i), 1);
  v1::ListMembersRequest request;
  request.set_swarm_id(SwarmOf(1).ToString());
  request.set_page_size(2);
  v1::ListMembersResponse first;
  ASSERT_TRUE(handler_.ListMembers(request, &first).ok());
  ASSERT_EQ(first.members_size(), 2);
  EXPECT_EQ(first.members(0).peer_id(), Peer(1).ToString());
  EXPECT_EQ(first.members(1).peer_id(), Peer(2).ToString());
  request.set_page_token(first.next_page_token());
  v1::ListMembersResponse second;
  ASSERT_TRUE(handler_.ListMembers(request, &second).ok());
  ASSERT_EQ(second.members_size(), 1);
  EXPECT_EQ(second.members(0).peer_id(), Peer(3).ToString());
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(OperatorHandlerTest, TellsAboutAMember) {
  Join(StrongMember(1, 7), 1);
  clock_.Advance(Seconds(10));
  v1::ListMembersRequest request;
  request.set_swarm_id(SwarmOf(1).ToString());
  v1::ListMembersResponse response;
  ASSERT_TRUE(handler_.ListMembers(request, &response).ok());
  const v1::MemberSummary& member = response.members(0);
  EXPECT_EQ(member.port(), 7000u);
  EXPECT_EQ(member.zone(), 7u);
  EXPECT_EQ(member.upload_class(), 12u);
  EXPECT_TRUE(member.can_be_dialled());
  EXPECT_EQ(member.joined_s_ago(), 10u);
  EXPECT_GE(member.expires_in_s(), 2 * 15 - 10u);
  EXPECT_LE(member.expires_in_s(), 5 * 18 / 2 - 10u);
}

TEST_F(OperatorHandlerTest, ExpiredMembersAreNotShown) {
  Join(StrongMember(1), 1);
  clock_.Advance(Seconds(60));
  v1::ListSwarmsResponse swarms;
  ASSERT_TRUE(handler_.ListSwarms({}, &swarms).ok());
  EXPECT_THAT(swarms.swarms(), IsEmpty());
  v1::GetFiguresResponse figures;
  ASSERT_TRUE(handler_.GetFigures({}, &figures).ok());
  EXPECT_EQ(figures.expirations(), 1u);
  EXPECT_EQ(figures.members(), 0u);
}

TEST_F(OperatorHandlerTest, SumsUp) {
  FillThreeSwarms();
  figures_.announces = 6;
  figures_.invalid = 1;
  figures_.exhausted = 2;
  figures_.bytes_received = 100;
  figures_.bytes_sent = 200;
  clock_.Advance(Seconds(5));
  v1::GetFiguresResponse response;
  ASSERT_TRUE(handler_.GetFigures({}, &response).ok());
  EXPECT_EQ(response.swarms(), 3u);
  EXPECT_EQ(response.members(), 6u);
  EXPECT_EQ(response.joins(), 6u);
  EXPECT_EQ(response.announces(), 6u);
  EXPECT_EQ(response.refusals(), 3u);
  EXPECT_EQ(response.bytes_received(), 100u);
  EXPECT_EQ(response.bytes_sent(), 200u);
  EXPECT_EQ(response.uptime_s(), 5u);
  EXPECT_EQ(response.announce_interval_ms(), 15'000u);
  EXPECT_NE(response.version(), "");
}

}  // namespace
}  // namespace shoal::service
