#include "common/grpc/member_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/random/random.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PeerId Id(char fill) { return *PeerId::FromBytes(std::string(PeerId::kSize, fill)); }

Member Ipv4Member() {
  return {.id = Id('a'),
          .endpoint = {std::string("\x0a\x01\x02\x03", 4), 0x1234},
          .zone = 0x5678,
          .upload_class = 13,
          .can_be_dialled = true};
}

Member Ipv6Member() {
  return {.id = Id('b'),
          .endpoint = {std::string("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09", 16), 7},
          .zone = 0,
          .upload_class = kUploadUnknown,
          .can_be_dialled = false};
}

TEST(PackMembersTest, LaysBytesOutAsTheProtocolSays) {
  const std::string expected = std::string("\x01", 1) + std::string(16, 'a') +
                               std::string("\x02\x0d\x78\x56\x34\x12\x0a\x01\x02\x03", 10);
  EXPECT_EQ(PackMembers(std::vector{Ipv4Member()}), expected);
}

TEST(PackMembersTest, LaysIpv6OutAsTheProtocolSays) {
  const std::string expected =
      std::string("\x01", 1) + std::string(16, 'b') +
      std::string("\x01\x1f\0\0\x07\0\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09", 22);
  EXPECT_EQ(PackMembers(std::vector{Ipv6Member()}), expected);
}

TEST(PackMembersTest, SizesAreWhatTheConstantsSay) {
  EXPECT_EQ(PackMembers({}).size(), 1u);
  EXPECT_EQ(PackMembers(std::vector{Ipv4Member()}).size(), 1 + kPackedMemberIpv4Size);
  EXPECT_EQ(PackMembers(std::vector(kHandoutMembersMax, Ipv6Member())).size(),
            kPackedHandoutSizeMax);
}

TEST(PackMembersTest, LeavesOutMembersWithoutAnAddress) {
  Member nowhere = Ipv4Member();
  nowhere.endpoint.address.clear();
  EXPECT_EQ(PackMembers(std::vector{nowhere, Ipv6Member()}),
            PackMembers(std::vector{Ipv6Member()}));
}

TEST(UnpackMembersTest, ReturnsWhatWasPackedInOrder) {
  const std::vector<Member> members = {Ipv6Member(), Ipv4Member(), Ipv6Member()};
  EXPECT_EQ(*UnpackMembers(PackMembers(members)), members);
}

TEST(UnpackMembersTest, AnEmptyFieldHoldsNobody) {
  EXPECT_THAT(*UnpackMembers(""), IsEmpty());
  EXPECT_THAT(*UnpackMembers("\x01"), IsEmpty());
}

TEST(UnpackMembersTest, RefusesOtherVersions) {
  std::string packed = PackMembers(std::vector{Ipv4Member()});
  packed[0] = 2;
  EXPECT_EQ(UnpackMembers(packed).status().message(),
            "packed members have layout version 2 instead of 1");
}

TEST(UnpackMembersTest, RefusesEveryEndWithinAMember) {
  const std::string packed = PackMembers(std::vector{Ipv4Member(), Ipv6Member()});
  for (std::size_t size = 2; size < packed.size(); ++size) {
    if (size == 1 + kPackedMemberIpv4Size) continue;
    EXPECT_FALSE(UnpackMembers(packed.substr(0, size)).ok()) << size;
  }
}

TEST(UnpackMembersTest, AcceptsTheLimitAndRefusesOneBeyond) {
  std::string packed = PackMembers(std::vector(kHandoutMembersMax, Ipv4Member()));
  EXPECT_EQ(UnpackMembers(packed)->size(), kHandoutMembersMax);
  packed += packed.substr(1, kPackedMemberIpv4Size);
  EXPECT_EQ(UnpackMembers(packed).status().message(), "more than 51 packed members");
}

TEST(UnpackMembersTest, IgnoresFlagsItDoesNotKnow) {
  std::string packed = PackMembers(std::vector{Ipv4Member()});
  packed[1 + PeerId::kSize] |= static_cast<char>(0xfc);
  EXPECT_THAT(*UnpackMembers(packed), ElementsAre(Ipv4Member()));
}

TEST(UnpackMembersTest, NobodyIsDialledAtPortZero) {
  Member member = Ipv4Member();
  member.endpoint.port = 0;
  EXPECT_FALSE(UnpackMembers(PackMembers(std::vector{member}))->front().can_be_dialled);
}

TEST(UnpackMembersTest, UnknownUploadClassesCountAsNotKnown) {
  Member member = Ipv4Member();
  member.upload_class = 77;
  EXPECT_EQ(UnpackMembers(PackMembers(std::vector{member}))->front().upload_class, kUploadUnknown);
}

TEST(UnpackMembersTest, MappedAddressesBecomeIpv4) {
  Member member = Ipv4Member();
  member.endpoint.address = std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16);
  EXPECT_THAT(*UnpackMembers(PackMembers(std::vector{member})), ElementsAre(Ipv4Member()));
}

TEST(UnpackMembersTest, WithstandsRandomBytes) {
  Random random(1);
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random.Below(200), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.Next());
    if (!bytes.empty() && round % 2) bytes[0] = 1;
    if (auto members = UnpackMembers(bytes); members.ok()) {
      ++read;
      ASSERT_LE(members->size() * kPackedMemberIpv4Size, bytes.size());
    }
  }
  EXPECT_GT(read, 0);
}

TEST(PeerIdsTest, ReturnsWhatWasPacked) {
  EXPECT_THAT(*UnpackPeerIds(PackPeerIds(std::vector{Id('x'), Id('y')})),
              ElementsAre(Id('x'), Id('y')));
  EXPECT_THAT(*UnpackPeerIds(""), IsEmpty());
}

TEST(PeerIdsTest, RefusesFractionsAndTooMany) {
  EXPECT_FALSE(UnpackPeerIds(std::string(15, 'x')).ok());
  EXPECT_FALSE(UnpackPeerIds(std::string(17, 'x')).ok());
  EXPECT_TRUE(UnpackPeerIds(std::string(kHandoutMembersMax * 16, 'x')).ok());
  EXPECT_FALSE(UnpackPeerIds(std::string((kHandoutMembersMax + 1) * 16, 'x')).ok());
}

}  // namespace
}  // namespace shoal
