#include "client/announce/announce_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/grpc/member_codec.h"

namespace shoal::announce {
namespace {

using testing::HasSubstr;

PeerId Peer(char c) { return *PeerId::FromBytes(std::string(16, c)); }

Member MemberAt(char id, const std::string& address, std::uint16_t port = 7001) {
  return {.id = Peer(id), .endpoint = {address, port}, .upload_class = 12};
}

class HandoutTest : public testing::Test {
 protected:
  HandoutTest() {
    handout.set_full(true);
    handout.set_swarm_size(3);
  }
  absl::StatusOr<core::SwarmHandout> Read() const { return FromWire(handout, asked, Peer('s')); }
  void Add(const std::vector<Member>& members) { handout.set_added(PackMembers(members)); }
  std::string Fault() const { return std::string(Read().status().message()); }

  v1::SwarmHandout handout;
  v1::SwarmAnnounce asked;
};

TEST_F(HandoutTest, HoldsWhatTheTrackerSaid) {
  const Member member = MemberAt('m', "\x0a\x01\x02\x03");
  Add({member});
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->full);
  EXPECT_EQ(read->swarm_size, 3u);
  EXPECT_EQ(read->added, std::vector<Member>{member});
}

TEST_F(HandoutTest, HoldsChangesToTheHandoutOfTheCookie) {
  asked.set_cookie("known");
  handout.set_full(false);
  handout.set_removed(PackPeerIds(std::vector<PeerId>{Peer('r')}));
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->full);
  EXPECT_EQ(read->removed, std::vector<PeerId>{Peer('r')});
}

TEST_F(HandoutTest, ChangesWithoutACookieAreNonsense) {
  handout.set_full(false);
  EXPECT_THAT(Fault(), HasSubstr("never gave"));
}

TEST_F(HandoutTest, LeavesOutThisClientAndMembersWithoutId) {
  Add({MemberAt('s', "\x0a\x01\x02\x03"), MemberAt('\0', "\x0a\x01\x02\x03"),
       MemberAt('m', "\x0a\x01\x02\x03")});
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->added.size(), 1u);
  EXPECT_EQ(read->added[0].id, Peer('m'));
}

TEST_F(HandoutTest, AddressesWhereNobodyIsAreNotDialled) {
  const std::string any6(16, '\0');
  const std::string multicast6 = "\xff" + std::string(15, '\1');
  Add({MemberAt('a', std::string(4, '\0')), MemberAt('b', any6), MemberAt('c', multicast6),
       MemberAt('d', "\xe0\x01\x01\x01"), MemberAt('e', "\xff\xff\xff\xff"),
       MemberAt('f', "\x0a\x01\x01\x01", 0), MemberAt('g', "\xdf\x01\x01\x01")});
  const auto read = Read();
  ASSERT_TRUE(read.ok()) << read.status();
  std::string dialable;
  for (const Member& member : read->added) {
    if (member.can_be_dialled) dialable += member.id.bytes()[0];
  }
  EXPECT_EQ(dialable, "g");
}

TEST_F(HandoutTest, SwarmHasAtLeastThisClient) {
  handout.set_swarm_size(0);
  EXPECT_EQ(Read()->swarm_size, 1u);
}

TEST_F(HandoutTest, BadlyPackedMembersAreNonsense) {
  Add({MemberAt('m', "\x0a\x01\x02\x03")});
  handout.mutable_added()->pop_back();
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
  handout.set_added("\x02");
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(HandoutTest, BadlyPackedIdsAreNonsense) {
  handout.set_removed(std::string(17, 'r'));
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(HandoutTest, CookieMayHaveSixteenBytes) {
  handout.set_cookie(std::string(16, 'c'));
  EXPECT_TRUE(Read().ok());
  handout.set_cookie(std::string(17, 'c'));
  EXPECT_THAT(Fault(), HasSubstr("17 bytes"));
}

TEST(IntervalTest, StaysWithinTheProtocol) {
  const auto interval = [](std::uint32_t ms) {
    v1::AnnounceResponse response;
    response.set_announce_interval_ms(ms);
    return IntervalFromWire(response);
  };
  EXPECT_EQ(interval(0), Seconds(15));
  EXPECT_EQ(interval(14999), Seconds(15));
  EXPECT_EQ(interval(15001), Milliseconds(15001));
  EXPECT_EQ(interval(900000), Seconds(900));
  EXPECT_EQ(interval(UINT32_MAX), Seconds(900));
}

}  // namespace
}  // namespace shoal::announce
