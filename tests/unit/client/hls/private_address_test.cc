#include "client/hls/private_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>

namespace shoal::hls {
namespace {

std::string BytesOf(const char* text) {
  char bytes[16];
  if (inet_pton(AF_INET, text, bytes) == 1) return std::string(bytes, 4);
  EXPECT_EQ(inet_pton(AF_INET6, text, bytes), 1) << text;
  return std::string(bytes, 16);
}

TEST(IsPrivateAddressTest, KnowsTheFirstAndLastOfEachIpv4Block) {
  for (const char* text : {"0.0.0.0",     "0.255.255.255",   "10.0.0.0",     "10.255.255.255",
                           "100.64.0.0",  "100.127.255.255", "127.0.0.1",    "127.255.255.255",
                           "169.254.0.0", "169.254.169.254", "172.16.0.0",   "172.31.255.255",
                           "192.0.0.1",   "192.0.2.9",       "192.168.0.0",  "192.168.255.255",
                           "198.18.0.0",  "198.19.255.255",  "198.51.100.1", "203.0.113.1",
                           "224.0.0.1",   "239.255.255.255", "240.0.0.1",    "255.255.255.255"}) {
    EXPECT_TRUE(IsPrivateAddress(BytesOf(text))) << text;
  }
}

TEST(IsPrivateAddressTest, LeavesTheNeighboursOfIpv4BlocksPublic) {
  for (const char* text : {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
                           "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
                           "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
                           "198.17.255.255", "198.20.0.0", "223.255.255.255", "8.8.8.8"}) {
    EXPECT_FALSE(IsPrivateAddress(BytesOf(text))) << text;
  }
}

TEST(IsPrivateAddressTest, KnowsPrivateIpv6) {
  for (const char* text : {"::", "::1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fdff::1",
                           "ff02::1", "2001:db8::1", "2001::1", "3fff::1", "64:ff9b:1::1"}) {
    EXPECT_TRUE(IsPrivateAddress(BytesOf(text))) << text;
  }
}

TEST(IsPrivateAddressTest, LeavesGlobalIpv6Public) {
  for (const char* text : {"2001:4860:4860::8888", "2a00:1450::1", "2606:4700::1", "3ffe::1"}) {
    EXPECT_FALSE(IsPrivateAddress(BytesOf(text))) << text;
  }
}

TEST(IsPrivateAddressTest, JudgesTheIpv4AddressWithinAnIpv6One) {
  for (const char* text :
       {"::ffff:10.0.0.1", "64:ff9b::192.168.0.1", "2002:7f00:1::", "::127.0.0.1"}) {
    EXPECT_TRUE(IsPrivateAddress(BytesOf(text))) << text;
  }
  for (const char* text : {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"}) {
    EXPECT_FALSE(IsPrivateAddress(BytesOf(text))) << text;
  }
}

TEST(IsPrivateAddressTest, TrustsNoOtherLength) {
  EXPECT_TRUE(IsPrivateAddress(""));
  EXPECT_TRUE(IsPrivateAddress(std::string(5, '\x08')));
}

TEST(IsPrivateHostTest, KnowsLiterals) {
  for (const char* host : {"127.0.0.1", "192.168.1.1", "::1", "[::1]", "[fd00::1]", "fe80::1%eth0",
                           "[::ffff:10.0.0.1]"}) {
    EXPECT_TRUE(IsPrivateHost(host)) << host;
  }
  for (const char* host : {"8.8.8.8", "[2a00:1450::1]", "2a00:1450::1", "8.8.8.8."}) {
    EXPECT_FALSE(IsPrivateHost(host)) << host;
  }
}

TEST(IsPrivateHostTest, SeesThroughOtherSpellingsOfIpv4) {
  for (const char* host :
       {"127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0xA.1", "127.0.0.1."}) {
    EXPECT_TRUE(IsPrivateHost(host)) << host;
  }
  EXPECT_FALSE(IsPrivateHost("134744072"));  // 8.8.8.8
}

TEST(IsPrivateHostTest, KnowsNamesOfTheOwnNetwork) {
  for (const char* host : {"localhost", "LOCALHOST", "localhost.", "a.localhost", "router",
                           "printer.local", "db.internal", "nas.lan", "nas.home.arpa"}) {
    EXPECT_TRUE(IsPrivateHost(host)) << host;
  }
}

TEST(IsPrivateHostTest, LeavesOtherNamesToTheirAddresses) {
  for (const char* host : {"example.com", "local.example.com", "notlocal.localx", "10.example"}) {
    EXPECT_FALSE(IsPrivateHost(host)) << host;
  }
}

TEST(IsPrivateHostTest, TrustsNothingThatIsNoHost) {
  for (const char* host : {"", "[", "[]", "[x]", "a:b", "8.8.8.8 x"}) {
    EXPECT_TRUE(IsPrivateHost(host)) << host;
  }
}

}  // namespace
}  // namespace shoal::hls
