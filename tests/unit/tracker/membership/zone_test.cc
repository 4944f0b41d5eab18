#include "tracker/membership/zone.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal::membership {
namespace {

std::string Ipv6(absl::string_view first_four) {
  return std::string(first_four) + std::string(11, '\0') + "\x01";
}

TEST(ZoneTest, OfIpv4IsItsFirst16Bits) {
  EXPECT_EQ(ZoneOfAddress("\x0a\x01\x02\x03"), 0x0a01);
  EXPECT_EQ(ZoneOfAddress(absl::string_view("\x0a\x01\xff\xff", 4)), 0x0a01);
  EXPECT_NE(ZoneOfAddress(absl::string_view("\x0a\x02\x02\x03", 4)), 0x0a01);
}

TEST(ZoneTest, OfIpv6FollowsFromItsFirst32Bits) {
  const std::uint16_t zone = ZoneOfAddress(Ipv6("\x20\x01\x0d\xb8"));
  EXPECT_NE(zone, 0);
  EXPECT_EQ(ZoneOfAddress(std::string("\x20\x01\x0d\xb8") + std::string(12, 'x')), zone);
  EXPECT_NE(ZoneOfAddress(Ipv6("\x20\x01\x0d\xb9")), zone);
  EXPECT_NE(ZoneOfAddress(Ipv6(absl::string_view("\0\0\0\0", 4))), 0);
}

TEST(ZoneTest, OfAnythingElseIsNotKnown) {
  EXPECT_EQ(ZoneOfAddress(""), 0);
  EXPECT_EQ(ZoneOfAddress("abc"), 0);
  EXPECT_EQ(ZoneOfAddress(absl::string_view("\0\0\1\1", 4)), 0);
}

}  // namespace
}  // namespace shoal::membership
