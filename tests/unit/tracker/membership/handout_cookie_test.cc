// What clients learn by cookies is what they would learn without.
#include "tracker/membership/handout_cookie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/random/random.h"
#include "tests/unit/tracker/membership/members.h"
#include "tracker/membership/membership.h"

namespace shoal::membership {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr CookieScope kScope = {.process = 1, .incarnation = 2, .client = 0xabcdef};

TEST(CookieTest, TellsTheVersionToItsScopeOnly) {
  const std::string cookie = EncodeCookie(kScope, 77);
  EXPECT_LE(cookie.size(), 16u);
  EXPECT_EQ(DecodeCookie(cookie, kScope), 77u);
  EXPECT_EQ(DecodeCookie(cookie, {9, 2, 0xabcdef}), std::nullopt);
  EXPECT_EQ(DecodeCookie(cookie, {1, 9, 0xabcdef}), std::nullopt);
  EXPECT_EQ(DecodeCookie(cookie, {1, 2, 0xabcde9}), std::nullopt);
}

TEST(CookieTest, OtherBytesAreNone) {
  EXPECT_EQ(DecodeCookie("", kScope), std::nullopt);
  EXPECT_EQ(DecodeCookie("0123456789abcde", kScope), std::nullopt);
  EXPECT_EQ(DecodeCookie(EncodeCookie(kScope, 77) + "x", kScope), std::nullopt);
}

TEST(CookieTest, ClientsDifferByIdAndZone) {
  const PackedMember one(StrongMember(1, 5));
  EXPECT_EQ(ClientOf(one.view()), ClientOf(PackedMember(StrongMember(1, 5)).view()));
  EXPECT_NE(ClientOf(one.view()), ClientOf(PackedMember(StrongMember(2, 5)).view()));
  EXPECT_NE(ClientOf(one.view()), ClientOf(PackedMember(StrongMember(1, 6)).view()));
}

// Clients that keep what they were told, as client/core does.
class CookiesTest : public ::testing::Test {
 protected:
  struct Client {
    Member member;
    std::string cookie;
    std::map<PeerId, Member> known;
  };

  Client& ClientNumber(std::uint32_t number) {
    Client& client = clients_[number];
    if (client.member.id == PeerId()) client.member = StrongMember(number);
    return client;
  }

  // The client announces itself and takes in the answer, which is returned.
  SwarmHandout Announce(Client& client, AnnounceEvent event = AnnounceEvent::kRefresh) {
    auto result = membership_.Announce(
        {.member = client.member, .swarms = {{SwarmOf(1), event, client.cookie}}}, now_);
    EXPECT_TRUE(result.ok()) << result.status();
    SwarmHandout answer = result->handouts[0];
    client.cookie = answer.cookie;
    if (answer.handout.full) client.known.clear();
    for (const PeerId& id : UnpackedIds(answer.handout.removed)) client.known.erase(id);
    for (const Member& member : Unpacked(answer.handout.added)) client.known[member.id] = member;
    return answer;
  }

  std::map<PeerId, Member> HandoutOf(const Client& client) const {
    std::map<PeerId, Member> handout;
    for (const Member& member : membership_.Find(SwarmOf(1))->Handout(client.member)) {
      handout[member.id] = member;
    }
    return handout;
  }

  void Fill(std::uint32_t members) {
    for (std::uint32_t i = 0; i < members; ++i) Announce(ClientNumber(i));
  }

  TimePoint now_{Seconds(1000)};
  Membership membership_{{.placement_seed = 1}, Random(5)};
  std::map<std::uint32_t, Client> clients_;
};

TEST_F(CookiesTest, NothingIsToldWhenNothingHasChanged) {
  Fill(100);
  Announce(ClientNumber(1));
  const SwarmHandout answer = Announce(ClientNumber(1));
  EXPECT_FALSE(answer.handout.full);
  EXPECT_THAT(answer.handout.added, IsEmpty());
  EXPECT_THAT(answer.handout.removed, IsEmpty());
  EXPECT_EQ(answer.swarm_size, 100u);
}

TEST_F(CookiesTest, WhoJoinedAndWhoLeftIsTold) {
  Fill(20);
  Announce(ClientNumber(1));
  Announce(ClientNumber(50));
  Announce(ClientNumber(7), AnnounceEvent::kStopped);
  const SwarmHandout answer = Announce(ClientNumber(1));
  EXPECT_FALSE(answer.handout.full);
  EXPECT_THAT(Unpacked(answer.handout.added), ElementsAre(StrongMember(50)));
  EXPECT_THAT(UnpackedIds(answer.handout.removed), ElementsAre(Peer(7)));
}

TEST_F(CookiesTest, WhatAMemberChangesIsTold) {
  Fill(20);
  Announce(ClientNumber(1));
  Member changed = StrongMember(3);
  changed.endpoint.port = 9;
  changed.upload_class = kUploadNone;
  ClientNumber(3).member = changed;
  Announce(ClientNumber(3));
  const SwarmHandout answer = Announce(ClientNumber(1));
  EXPECT_FALSE(answer.handout.full);
  EXPECT_THAT(Unpacked(answer.handout.added), ElementsAre(changed));
}

TEST_F(CookiesTest, WhoMissesAnAnswerIsToldOfAllSince) {
  Fill(20);
  Client& client = ClientNumber(1);
  Announce(client);
  Announce(ClientNumber(50));
  const Client before = client;
  Announce(client);
  client = before;  // that answer got lost
  Announce(ClientNumber(51));
  const SwarmHandout answer = Announce(client);
  EXPECT_FALSE(answer.handout.full);
  EXPECT_EQ(client.known, HandoutOf(client));
}

TEST_F(CookiesTest, UnknownCookiesGetAFullHandout) {
  Fill(20);
  Client& client = ClientNumber(1);
  Announce(client);
  const std::string good = client.cookie;
  for (const std::string& cookie :
       {std::string(), std::string("0123456789abcde"), ClientNumber(2).cookie}) {
    client.cookie = cookie;
    EXPECT_TRUE(Announce(client).handout.full);
  }
  client.cookie = good;
  EXPECT_FALSE(Announce(client).handout.full);
}

TEST_F(CookiesTest, WhoChangesItselfGetsAFullHandout) {
  Fill(20);
  Client& client = ClientNumber(1);
  Announce(client);
  client.member.upload_class = 3;
  EXPECT_TRUE(Announce(client).handout.full);
  EXPECT_FALSE(Announce(client).handout.full);
}

TEST_F(CookiesTest, AnotherProcessDoesNotKnowThem) {
  Fill(20);
  Client& client = ClientNumber(1);
  Announce(client);
  Membership other({.placement_seed = 1}, Random(6));
  for (std::uint32_t i = 0; i < 20; ++i) {
    auto result = other.Announce(
        {.member = StrongMember(i), .swarms = {{SwarmOf(1), {}, clients_[i].cookie}}}, now_);
    EXPECT_TRUE(result->handouts[0].handout.full);
  }
}

TEST_F(CookiesTest, ChangesAreShorterThanAHandout) {
  Fill(1000);
  std::size_t full = 0;
  std::size_t changes = 0;
  for (std::uint32_t i = 0; i < 50; ++i) Announce(ClientNumber(i));
  for (std::uint32_t i = 900; i < 920; ++i) {
    Announce(ClientNumber(i), AnnounceEvent::kStopped);
    Announce(ClientNumber(1000 + i));
  }
  for (std::uint32_t i = 0; i < 50; ++i) {
    const SwarmHandout answer = Announce(ClientNumber(i));
    changes += answer.handout.added.size() + answer.handout.removed.size();
    full += 1 + kHandoutSizeMax * kPackedMemberIpv4Size;
  }
  // 40 of 1000 changed, each of which is one in twenty-five in a handout, gone or come; and it
  // displaces another one.
  EXPECT_LT(changes * 4, full);
}

// Members of several kinds and zones come, go, change and fall silent; clients call now and then,
// some long after cookies are forgotten.
TEST_F(CookiesTest, ClientsKnowTheirHandoutsThroughAnyChurn) {
  Random random(11);
  int told_changes = 0;
  for (int step = 0; step < 8000; ++step) {
    now_ += Milliseconds(static_cast<std::int64_t>(random.Below(40)));
    Client& client = ClientNumber(static_cast<std::uint32_t>(random.Below(400)));
    const std::uint64_t kind = random.Below(100);
    if (kind < 3) {
      client.member.zone = static_cast<std::uint16_t>(random.Below(4));
    } else if (kind < 6) {
      client.member.upload_class = static_cast<UploadClass>(random.Below(3));
    } else if (kind < 7) {
      client.member.endpoint.address = std::string(random.Below(2) != 0 ? 16 : 4, 'a');
    } else if (kind < 12) {
      Announce(client, AnnounceEvent::kStopped);
      client.cookie.clear();
      continue;
    }
    const SwarmHandout answer = Announce(client);
    told_changes += answer.handout.full ? 0 : 1;
    ASSERT_EQ(client.known, HandoutOf(client)) << "step " << step;
    membership_.Expire(now_, 300);
  }
  EXPECT_GT(told_changes, 300);
  EXPECT_GT(membership_.figures().expirations, 0u);
}

}  // namespace
}  // namespace shoal::membership
