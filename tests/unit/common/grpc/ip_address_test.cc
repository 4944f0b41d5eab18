#include "common/grpc/ip_address.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal {
namespace {

const std::string kLoopback6("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);

TEST(ParseAddressTest, ReadsBothFamilies) {
  EXPECT_EQ(*ParseAddress("10.1.2.3"), std::string("\x0a\x01\x02\x03", 4));
  EXPECT_EQ(*ParseAddress("::1"), kLoopback6);
  EXPECT_EQ(*ParseAddress("[::1]"), kLoopback6);
}

TEST(ParseAddressTest, MappedAddressesBecomeIpv4) {
  EXPECT_EQ(*ParseAddress("::ffff:10.1.2.3"), std::string("\x0a\x01\x02\x03", 4));
}

TEST(ParseAddressTest, DropsTheScope) {
  EXPECT_EQ(*ParseAddress("fe80::1%eth0"), *ParseAddress("fe80::1"));
}

TEST(ParseAddressTest, RefusesEverythingElse) {
  for (absl::string_view text : {"", "10.1.2", "10.1.2.256", "localhost", "[::1", "::1]",
                                 "[10.1.2.3]", "1:2", " ::1", "%"}) {
    EXPECT_FALSE(ParseAddress(text).ok()) << text;
  }
  EXPECT_FALSE(ParseAddress(absl::string_view("10.1.2.3\0x", 10)).ok());
  EXPECT_FALSE(ParseAddress(std::string(100'000, '1')).ok());
}

TEST(ParseAddressTest, MessagesStayShort) {
  EXPECT_LT(ParseAddress(std::string(100'000, 'x')).status().message().size(), 200u);
}

TEST(ParseEndpointTest, ReadsAddressAndPort) {
  EXPECT_EQ(*ParseEndpoint("10.1.2.3:80"), (Endpoint{std::string("\x0a\x01\x02\x03", 4), 80}));
  EXPECT_EQ(*ParseEndpoint("[::1]:65535"), (Endpoint{kLoopback6, 65535}));
  EXPECT_EQ(ParseEndpoint("[::1]:0")->port, 0);
}

TEST(ParseEndpointTest, RefusesEverythingElse) {
  for (absl::string_view text :
       {"", ":", "10.1.2.3", "10.1.2.3:", "10.1.2.3:65536", "10.1.2.3:+1", "10.1.2.3: 1",
        "10.1.2.3:123456", "::1:80", "[::1]", "[::1]80", "host:80", "10.1.2.3:8x"}) {
    EXPECT_FALSE(ParseEndpoint(text).ok()) << text;
  }
}

TEST(ParsePeerUriTest, ReadsWhatGrpcWrites) {
  EXPECT_EQ(FormatEndpoint(*ParsePeerUri("ipv4:1.2.3.4:5")), "1.2.3.4:5");
  EXPECT_EQ(FormatEndpoint(*ParsePeerUri("ipv6:%5B::1%5D:5")), "[::1]:5");
  EXPECT_EQ(FormatEndpoint(*ParsePeerUri("ipv6:%5b::1%5d:5")), "[::1]:5");
  EXPECT_EQ(FormatEndpoint(*ParsePeerUri("ipv6:[::1]:5")), "[::1]:5");
  EXPECT_EQ(FormatEndpoint(*ParsePeerUri("ipv6:%5Bfe80::1%25eth0%5D:5")), "[fe80::1]:5");
  EXPECT_EQ(FormatEndpoint(*ParsePeerUri("ipv6:%5B::ffff:1.2.3.4%5D:5")), "1.2.3.4:5");
}

TEST(ParsePeerUriTest, RefusesPeersWithoutAnIpAddress) {
  for (absl::string_view uri :
       {"", "unix:/run/x", "unix:", "inproc", "ipv4:", "ipv6:%5B::1%5D", "ipv6:%5", "1.2.3.4:5"}) {
    EXPECT_FALSE(ParsePeerUri(uri).ok()) << uri;
  }
}

TEST(FormatTest, NamesWhatIsNoAddress) {
  EXPECT_EQ(FormatAddress("abc"), "-");
  EXPECT_EQ(FormatEndpoint(Endpoint{}), "-:0");
}

TEST(AddressTest, KnowsLoopbackAndUnspecified) {
  EXPECT_TRUE(IsLoopback(*ParseAddress("127.9.9.9")));
  EXPECT_TRUE(IsLoopback(*ParseAddress("::1")));
  EXPECT_FALSE(IsLoopback(*ParseAddress("128.0.0.1")));
  EXPECT_FALSE(IsLoopback(*ParseAddress("::2")));
  EXPECT_FALSE(IsLoopback(""));
  EXPECT_TRUE(IsUnspecified(*ParseAddress("0.0.0.0")));
  EXPECT_TRUE(IsUnspecified(*ParseAddress("::")));
  EXPECT_FALSE(IsUnspecified(*ParseAddress("::1")));
  EXPECT_FALSE(IsUnspecified(""));
}

TEST(AddressBlockTest, ContainsExactlyItsPrefix) {
  const AddressBlock block = *AddressBlock::Parse("10.32.0.0/11");
  EXPECT_TRUE(block.Contains(*ParseAddress("10.32.0.0")));
  EXPECT_TRUE(block.Contains(*ParseAddress("10.63.255.255")));
  EXPECT_FALSE(block.Contains(*ParseAddress("10.64.0.0")));
  EXPECT_FALSE(block.Contains(*ParseAddress("10.31.255.255")));
  EXPECT_FALSE(block.Contains(*ParseAddress("11.32.0.0")));
  EXPECT_FALSE(block.Contains(*ParseAddress("::1")));
}

TEST(AddressBlockTest, WithoutALengthIsOneAddress) {
  const AddressBlock block = *AddressBlock::Parse("fd00::1");
  EXPECT_TRUE(block.Contains(*ParseAddress("fd00::1")));
  EXPECT_FALSE(block.Contains(*ParseAddress("fd00::2")));
  EXPECT_EQ(block.ToString(), "fd00::1/128");
}

TEST(AddressBlockTest, ZeroBitsContainTheFamily) {
  EXPECT_TRUE(AddressBlock::Parse("0.0.0.0/0")->Contains(*ParseAddress("255.1.2.3")));
  EXPECT_FALSE(AddressBlock::Parse("0.0.0.0/0")->Contains(*ParseAddress("::1")));
  EXPECT_TRUE(AddressBlock::Parse("::/0")->Contains(*ParseAddress("fe80::1")));
}

TEST(AddressBlockTest, RefusesEverythingElse) {
  for (absl::string_view text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1",
                                 "10.0.0.1/8", "10.0.0.0/8/8", "a/8"}) {
    EXPECT_FALSE(AddressBlock::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace shoal
