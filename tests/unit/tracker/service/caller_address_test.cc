#include "tracker/service/caller_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shoal::service {
namespace {

using ::testing::HasSubstr;

// Trusts 10.0.0.0/8 and fd00::/8.
class CallerAddressTest : public ::testing::Test {
 protected:
  // The address found, as text, or the fault.
  std::string Find(absl::string_view peer,
                   std::vector<absl::string_view> forwarded_for = {}) const {
    const absl::StatusOr<std::string> address = caller_address_.Find(peer, forwarded_for);
    return address.ok() ? FormatAddress(*address) : std::string(address.status().message());
  }

  const CallerAddress caller_address_{
      {*AddressBlock::Parse("10.0.0.0/8"), *AddressBlock::Parse("fd00::/8")}};
};

TEST_F(CallerAddressTest, IsThatOfTheConnection) {
  EXPECT_EQ(Find("ipv4:198.51.100.7:5"), "198.51.100.7");
  EXPECT_EQ(Find("ipv6:%5B2001:db8::7%5D:5"), "2001:db8::7");
  EXPECT_EQ(Find("ipv6:%5B::ffff:198.51.100.7%5D:5"), "198.51.100.7");
}

TEST_F(CallerAddressTest, ATrustedProxySaysWhoCalled) {
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(Find("ipv6:%5Bfd00::1%5D:5", {"2001:db8::7"}), "2001:db8::7");
  EXPECT_EQ(Find("ipv6:%5B::ffff:10.0.0.1%5D:5", {"198.51.100.7"}), "198.51.100.7");
}

TEST_F(CallerAddressTest, NobodyElseDoes) {
  EXPECT_EQ(Find("ipv4:198.51.100.1:5", {"203.0.113.9"}), "198.51.100.1");
  EXPECT_EQ(Find("ipv4:198.51.100.1:5", {"nonsense"}), "198.51.100.1");
}

TEST_F(CallerAddressTest, WhatTheClientWroteIntoTheHeaderIsNotRead) {
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"203.0.113.9, 198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"203.0.113.9", "198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"rubbish,198.51.100.7"}), "198.51.100.7");
}

TEST_F(CallerAddressTest, FollowsTrustedProxiesInARow) {
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"203.0.113.9, 198.51.100.7,10.0.0.3 , 10.0.0.2"}),
            "198.51.100.7");
}

TEST_F(CallerAddressTest, OnlyTrustedAddressesLeadToTheFirst) {
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"10.0.0.3, 10.0.0.2"}), "10.0.0.3");
}

TEST_F(CallerAddressTest, WithoutTheHeaderTheProxyItselfCalled) {
  EXPECT_EQ(Find("ipv4:10.0.0.1:5"), "10.0.0.1");
}

TEST_F(CallerAddressTest, EntriesMayCarryPorts) {
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"198.51.100.7:1234"}), "198.51.100.7");
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"[2001:db8::7]:1234"}), "2001:db8::7");
}

TEST_F(CallerAddressTest, MappedEntriesBecomeIpv4) {
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {"::ffff:198.51.100.7"}), "198.51.100.7");
}

TEST_F(CallerAddressTest, RefusesWhatIsNoAddressFromATrustedProxy) {
  for (absl::string_view value : {"", "unknown", "198.51.100.7,", "0.0.0.0", "::"}) {
    EXPECT_THAT(Find("ipv4:10.0.0.1:5", {value}),
                HasSubstr("x-forwarded-for from 10.0.0.1 is not an address"))
        << value;
  }
}

TEST_F(CallerAddressTest, FollowsAsManyHopsAsTheLimit) {
  std::string chain = "198.51.100.7";
  for (int i = 1; i < CallerAddress::kHopsMax; ++i) chain += ", 10.0.0.2";
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {chain}), "198.51.100.7");
  EXPECT_EQ(Find("ipv4:10.0.0.1:5", {chain + ", 10.0.0.2"}), "10.0.0.2");
}

TEST_F(CallerAddressTest, RefusesPeersWithoutAnAddress) {
  EXPECT_THAT(Find("unix:/run/x"), HasSubstr("has no IP address"));
}

TEST(CallerAddressWithoutProxiesTest, TrustsNobody) {
  const CallerAddress caller_address({});
  EXPECT_FALSE(caller_address.trusts_anyone());
  const std::vector<absl::string_view> forwarded_for = {"198.51.100.7"};
  EXPECT_EQ(FormatAddress(*caller_address.Find("ipv4:127.0.0.1:5", forwarded_for)), "127.0.0.1");
}

}  // namespace
}  // namespace shoal::service
