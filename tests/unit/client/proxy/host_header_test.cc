#include "client/proxy/host_header.h"

#include "gtest/gtest.h"

namespace shoal::proxy {
namespace {

TEST(HostAndPortTest, TakesHostsApart) {
  struct Case {
    absl::string_view value, host;
    bool is_ip_literal;
    std::optional<std::uint16_t> port;
  };
  const Case cases[] = {
      {"Example.COM", "example.com", false, std::nullopt},
      {"example.com:80", "example.com", false, 80},
      {"example.com:", "example.com", false, std::nullopt},
      {"127.0.0.1:65535", "127.0.0.1", true, 65535},
      {"[::1]", "::1", true, std::nullopt},
      {"[0:0:0:0:0:0:0:1]:8080", "::1", true, 8080},
      {"127.1", "127.1", false, std::nullopt},
      {"a_b-c.d", "a_b-c.d", false, std::nullopt},
  };
  for (const Case& c : cases) {
    const auto parsed = ParseHostAndPort(c.value);
    ASSERT_TRUE(parsed.has_value()) << c.value;
    EXPECT_EQ(parsed->host, c.host);
    EXPECT_EQ(parsed->is_ip_literal, c.is_ip_literal) << c.value;
    EXPECT_EQ(parsed->port, c.port) << c.value;
  }
}

TEST(HostAndPortTest, RefusesWhatIsNoHost) {
  for (const absl::string_view value :
       {"",        ":80",           "a b",  "a/b",  "a@b",         "a:b",  "a:1:2",
        "a:65536", "a:123456",      "a:-1", "a:+1", "::1",         "[::1", "[::1]x",
        "[::1]:x", "[example.com]", "[]",   "a,b",  "caf\xc3\xa9", "a\tb"}) {
    EXPECT_FALSE(ParseHostAndPort(value).has_value()) << value;
  }
  EXPECT_TRUE(ParseHostAndPort(std::string(253, 'a')).has_value());
  EXPECT_FALSE(ParseHostAndPort(std::string(254, 'a')).has_value());
}

TEST(IsLocalHostHeaderTest, AllowsAddressesLocalhostAndTheListeningHost) {
  for (const absl::string_view host :
       {"localhost", "LOCALHOST:8080", "localhost.", "app.localhost", "127.0.0.1:8080",
        "[::1]:8080", "192.168.1.7", "[fe80::1]", "viewer.lan:8080", "VIEWER.lan."}) {
    EXPECT_TRUE(IsLocalHostHeader(host, "viewer.lan")) << host;
  }
}

TEST(IsLocalHostHeaderTest, RefusesNamesThatAnybodysDnsCouldPointHere) {
  for (const absl::string_view host :
       {"", "evil.example", "evil.example:8080", "localhost.evil.example", "notlocalhost",
        "127.0.0.1.evil.example", "127.1", "2130706433", "0x7f.1", "viewer.lan.evil.example",
        "localhost@evil.example", "localhost, evil.example"}) {
    EXPECT_FALSE(IsLocalHostHeader(host, "viewer.lan")) << host;
  }
  EXPECT_FALSE(IsLocalHostHeader("viewer.lan", ""));
  EXPECT_FALSE(IsLocalHostHeader("viewer.lan", "0.0.0.0"));
}

}  // namespace
}  // namespace shoal::proxy
