#include "tests/bench/announce_load/virtual_members.h"

#include <gtest/gtest.h>

#include <set>

#include "common/base/upload_class.h"
#include "common/grpc/member_codec.h"
#include "tests/unit/tracker/fake_clock.h"

namespace shoal::bench {
namespace {

v1::AnnounceRequest Parsed(const std::string& text) {
  v1::AnnounceRequest request;
  EXPECT_TRUE(request.ParseFromString(text));
  return request;
}

// An answer for `swarms` swarms with `members` members each.
std::string Answer(int swarms, std::size_t members, const std::string& cookie) {
  v1::AnnounceResponse response;
  response.set_announce_interval_ms(17'000);
  const Member member{.endpoint = {std::string("\x7f\0\0\1", 4), 1}};
  for (int i = 0; i < swarms; ++i) {
    response.add_swarms()->set_added(PackMembers(std::vector<Member>(members, member)));
    response.mutable_swarms(i)->set_cookie(cookie);
  }
  return response.SerializeAsString();
}

TEST(ShoalMembersTest, EachIsSomebodyElseAndItsGroupSharesAllSwarms) {
  const FakeClock clock;
  ShoalMembers members({.members = 6, .swarm_size = 3, .swarms_per_member = 2}, clock);
  std::set<std::string> ids;
  std::set<std::string> swarms;
  for (std::size_t i = 0; i < 6; ++i) {
    const v1::AnnounceRequest request = Parsed(members.Request(i));
    ids.insert(request.peer_id());
    EXPECT_EQ(request.swarms_size(), 2);
    EXPECT_EQ(request.swarms(0).swarm_id(),
              Parsed(members.Request(i / 3 * 3)).swarms(0).swarm_id());
    for (const v1::SwarmAnnounce& swarm : request.swarms()) swarms.insert(swarm.swarm_id());
  }
  EXPECT_EQ(ids.size(), 6u);
  EXPECT_EQ(swarms.size(), 4u);
  EXPECT_EQ(ShoalSwarms(6, 3, 2).size(), 4u);
}

TEST(ShoalMembersTest, JoinsUntilAnsweredAndSendsTheCookieBack) {
  const FakeClock clock;
  ShoalMembers members({.members = 4, .swarm_size = 4, .swarms_per_member = 2}, clock);
  EXPECT_EQ(Parsed(members.Request(3)).swarms(0).event(), v1::ANNOUNCE_EVENT_STARTED);
  const std::optional<AnnounceReply> reply = members.Read(3, Answer(2, 50, "biscuit"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->interval, Seconds(17));
  EXPECT_EQ(reply->memberships, 2u);
  EXPECT_EQ(reply->members, 100u);
  const v1::AnnounceRequest next = Parsed(members.Request(3));
  EXPECT_EQ(next.swarms(1).event(), v1::ANNOUNCE_EVENT_UNSPECIFIED);
  EXPECT_EQ(next.swarms(1).cookie(), "biscuit");
  EXPECT_EQ(Parsed(members.Request(2)).swarms(1).cookie(), "");
  EXPECT_EQ(members.Read(3, "\xff\xff"), std::nullopt);
}

TEST(ShoalMembersTest, KeepsNoCookieIfItIsNotTo) {
  const FakeClock clock;
  ShoalMembers members({.members = 4, .swarm_size = 4, .with_cookies = false}, clock);
  ASSERT_TRUE(members.Read(3, Answer(1, 50, "biscuit")));
  EXPECT_EQ(Parsed(members.Request(3)).swarms(0).cookie(), "");
}

TEST(ShoalMembersTest, WhoHasStayedItsTimeLeavesAndSomebodyElseJoins) {
  FakeClock clock;
  ShoalMembers members({.members = 4, .swarm_size = 4, .mean_stay = Seconds(300)}, clock);
  const v1::AnnounceRequest join = Parsed(members.Request(3));
  EXPECT_EQ(join.upload_class(), kUploadUnknown);
  ASSERT_TRUE(members.Read(3, Answer(1, 50, "biscuit")));
  const v1::AnnounceRequest refresh = Parsed(members.Request(3));
  EXPECT_EQ(refresh.swarms(0).event(), v1::ANNOUNCE_EVENT_UNSPECIFIED);
  EXPECT_LT(refresh.upload_class(), kUploadUnknown);
  clock.Advance(Seconds(1e6));
  // Says so until it is answered.
  for (int i = 0; i < 2; ++i) {
    const v1::AnnounceRequest leave = Parsed(members.Request(3));
    EXPECT_EQ(leave.swarms(0).event(), v1::ANNOUNCE_EVENT_STOPPED);
    EXPECT_EQ(leave.peer_id(), join.peer_id());
  }
  ASSERT_TRUE(members.Read(3, Answer(1, 0, "")));
  const v1::AnnounceRequest next = Parsed(members.Request(3));
  EXPECT_EQ(next.swarms(0).event(), v1::ANNOUNCE_EVENT_STARTED);
  EXPECT_EQ(next.swarms(0).swarm_id(), join.swarms(0).swarm_id());
  EXPECT_EQ(next.swarms(0).cookie(), "");
  EXPECT_NE(next.peer_id(), join.peer_id());
  EXPECT_NE(next.peer_id(), Parsed(members.Request(2)).peer_id());
}

TEST(BittorrentMembersTest, AsksForFiftyCompactPeersOfItsSwarm) {
  BittorrentMembers members("127.0.0.1:80", 1000);
  const std::string request = members.Request(1500);
  EXPECT_TRUE(request.starts_with("GET /announce?info_hash=%"));
  EXPECT_NE(request.find("&port=2524&"), std::string::npos);
  EXPECT_NE(request.find("&compact=1&numwant=50 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"),
            std::string::npos);
  const std::string ids = BittorrentSwarms(2000, 1000)[1];
  EXPECT_EQ(ids.size(), 40u);
  EXPECT_NE(request.find("%" + ids.substr(0, 2) + "%" + ids.substr(2, 2)), std::string::npos);
}

TEST(BittorrentMembersTest, ReadsABencodedAnswer) {
  BittorrentMembers members("h", 10);
  const std::optional<AnnounceReply> reply =
      members.Read(0, "d8:completei0e10:incompletei2e8:intervali1800e5:peers12:aaaabbccccdde");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->interval, Seconds(1800));
  EXPECT_EQ(reply->members, 2u);
  for (const char* nonsense : {"", "d14:failure reason3:noe", "d8:intervali9e5:peers99:ae",
                               "8:interval", "8:interval5:peers"}) {
    EXPECT_EQ(members.Read(0, nonsense), std::nullopt) << nonsense;
  }
}

}  // namespace
}  // namespace shoal::bench
