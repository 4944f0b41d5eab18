#include "common/base/packed_member.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal {
namespace {

Member AnyMember(std::size_t address_size) {
  return {.id = *PeerId::FromBytes("0123456789abcdef"),
          .endpoint = {std::string("ABCDEFGHIJKLMNOP").substr(0, address_size), 0x1234},
          .zone = 0xfedc,
          .upload_class = 17,
          .can_be_dialled = true};
}

TEST(PackedMemberTest, UnpacksToWhatWasPacked) {
  for (const std::size_t address_size : {4u, 16u}) {
    Member member = AnyMember(address_size);
    for (const bool can_be_dialled : {true, false}) {
      member.can_be_dialled = can_be_dialled;
      const PackedMember packed(member);
      EXPECT_EQ(packed.view().Unpacked(), member);
      EXPECT_EQ(packed.bytes().size(),
                address_size == 4 ? kPackedMemberIpv4Size : kPackedMemberIpv6Size);
    }
  }
}

TEST(PackedMemberTest, TellsItsFields) {
  const PackedMember packed(AnyMember(16));
  const PackedMemberView view = packed.view();
  EXPECT_EQ(view.id(), AnyMember(16).id);
  EXPECT_TRUE(view.is_ipv6());
  EXPECT_TRUE(view.can_be_dialled());
  EXPECT_EQ(view.upload_class(), 17);
  EXPECT_EQ(view.zone(), 0xfedc);
  EXPECT_EQ(view.port(), 0x1234);
  EXPECT_EQ(view.address(), "ABCDEFGHIJKLMNOP");
}

TEST(PackedMemberTest, WhetherItCanBeDialledIsNotPartOfTheEndpoint) {
  PackedMember packed(AnyMember(4));
  const PackedMember before(packed.view());
  packed.SetCanBeDialled(false);
  EXPECT_FALSE(packed.view().can_be_dialled());
  EXPECT_TRUE(packed.view().HasEndpointOf(before.view()));
  packed.SetCanBeDialled(true);
  EXPECT_EQ(packed.bytes(), before.bytes());
  EXPECT_FALSE(packed.view().HasEndpointOf(PackedMember(AnyMember(16)).view()));
}

}  // namespace
}  // namespace shoal
