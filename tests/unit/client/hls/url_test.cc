#include "client/hls/url.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal::hls {
namespace {

// The URL's normal form; "refused" when it is.
std::string Parsed(absl::string_view text) {
  const absl::StatusOr<Url> url = Url::Parse(text);
  return url.ok() ? url->ToString() : "refused";
}

std::string Resolved(absl::string_view base, absl::string_view reference) {
  const absl::StatusOr<Url> url = Url::Parse(base)->Resolve(reference);
  return url.ok() ? url->ToString() : "refused";
}

TEST(UrlTest, TakesAUrlApart) {
  const absl::StatusOr<Url> url = Url::Parse("https://CDN.Example.com:8443/a/b.ts?t=1#frag");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->scheme(), "https");
  EXPECT_EQ(url->host(), "cdn.example.com");
  EXPECT_EQ(url->port(), 8443);
  EXPECT_EQ(url->path(), "/a/b.ts");
  EXPECT_EQ(url->query(), "t=1");
  EXPECT_EQ(url->Target(), "/a/b.ts?t=1");
  EXPECT_EQ(url->ToString(), "https://cdn.example.com:8443/a/b.ts?t=1");
}

TEST(UrlTest, LeavesOutDefaultPorts) {
  EXPECT_EQ(Parsed("http://h:80/"), "http://h/");
  EXPECT_EQ(Parsed("https://h:443/"), "https://h/");
  EXPECT_EQ(Parsed("http://h:443/"), "http://h:443/");
  EXPECT_EQ(Parsed("http://h:/"), "http://h/");
}

TEST(UrlTest, HasARootPathAtLeast) {
  EXPECT_EQ(Parsed("http://h"), "http://h/");
  EXPECT_EQ(Parsed("http://h?q"), "http://h/?q");
}

TEST(UrlTest, TellsAnEmptyQueryFromNone) {
  EXPECT_EQ(Url::Parse("http://h/?")->query(), "");
  EXPECT_EQ(Url::Parse("http://h/")->query(), std::nullopt);
}

TEST(UrlTest, RemovesDotSegments) { EXPECT_EQ(Parsed("http://h/a/../../b/./c"), "http://h/b/c"); }

TEST(UrlTest, SpellsIpv6HostsInOneWay) {
  const absl::StatusOr<Url> url = Url::Parse("http://[2001:DB8:0::0:1]:8080/a");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host(), "2001:db8::1");
  EXPECT_EQ(url->Authority(), "[2001:db8::1]:8080");
}

TEST(UrlTest, RefusesUserInformation) {
  for (const char* text : {"http://user@h/", "http://user:pass@h/", "http://good.example@evil/",
                           "http://@h/", "http://good.example:80@evil/"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
}

TEST(UrlTest, RefusesControlCharactersSpacesAndBackslashes) {
  for (const char* text :
       {"http://h/a\r\nHost: x", "http://h/a\tb", "http://h/a b", " http://h/", "http://h/\x7F",
        "http://good.example\\@evil/", "http://h/ü", "http://h\\a"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
  EXPECT_EQ(Parsed(absl::string_view("http://h/\0", 10)), "refused");
}

TEST(UrlTest, RefusesBadHosts) {
  for (const char* text :
       {"http:///a", "http://a..b/", "http://.a/", "http://a%2eb/", "http://[::1/", "http://[::g]/",
        "http://[fe80::1%25eth0]/", "http://[]/", "http://a,b/", "http://[::1]x/",
        "http://ex*mple/", "http:h", "http:/h"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
}

TEST(UrlTest, RefusesSpellingsOfIpv4AddressesThatDeceive) {
  for (const char* text :
       {"http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0x7f000001/",
        "http://1.2.3.256/", "http://1.2.3.4.5/", "http://127.0.0.1./"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
  EXPECT_EQ(Parsed("http://127.0.0.1/"), "http://127.0.0.1/");
}

TEST(UrlTest, RefusesBadPorts) {
  for (const char* text : {"http://h:0/", "http://h:65536/", "http://h:x/", "http://h:-1/",
                           "http://h:99999999999999999999/", "http://h:8 0/"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
}

TEST(UrlTest, RefusesOtherSchemes) {
  for (const char* text : {"", "/a", "//h/a", "ftp://h/", "file:///etc/passwd", "data:,x",
                           "skd://key", "javascript:x"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
}

TEST(UrlTest, RefusesWhatIsTooLong) {
  const std::string longest = "http://h/" + std::string(kUrlBytesMax - 9, 'a');
  EXPECT_EQ(Parsed(longest), longest);
  EXPECT_EQ(Parsed(longest + "a"), "refused");
}

TEST(UrlTest, ResolvesRelativeReferences) {
  EXPECT_EQ(Resolved("https://h/live/x/index.m3u8?t=1", "../7.ts?u=2"), "https://h/live/7.ts?u=2");
  EXPECT_EQ(Resolved("https://h/live/", "//other/7.ts"), "https://other/7.ts");
}

TEST(UrlTest, ResolvesAReferenceAsBrowsersDo) {
  EXPECT_EQ(Resolved("http://h/a/", " my file ü.ts "), "http://h/a/my%20file%20%C3%BC.ts");
}

TEST(UrlTest, RefusesAReferenceWithABackslash) {
  EXPECT_EQ(Resolved("http://h/a/", "\\\\evil\\x"), "refused");
}

TEST(UrlTest, RefusesAReferenceThatGrowsTooLong) {
  const std::string base = "http://h/" + std::string(kUrlBytesMax - 20, 'a') + "/";
  EXPECT_EQ(Resolved(base, std::string(20, 'b')), "refused");
}

TEST(UrlTest, NeverLeavesItsOriginForATarget) {
  const absl::StatusOr<Url> base = Url::Parse("https://h:8443/x?y");
  EXPECT_EQ(base->WithTarget("//evil/a?b")->ToString(), "https://h:8443//evil/a?b");
  EXPECT_EQ(base->WithTarget("/a/../../b")->ToString(), "https://h:8443/b");
}

TEST(UrlTest, RefusesATargetThatIsNoPath) {
  const absl::StatusOr<Url> base = Url::Parse("https://h/");
  for (const char* target : {"", "a", "@evil/", ".evil/", ":1/", "http://evil/", "*"}) {
    EXPECT_FALSE(base->WithTarget(target).ok()) << target;
  }
}

TEST(UrlTest, ComparesOriginsBySchemeHostAndPort) {
  const Url url = *Url::Parse("http://Example.com/a");
  EXPECT_TRUE(url.SameOrigin(*Url::Parse("http://example.COM:80/b")));
  EXPECT_FALSE(url.SameOrigin(*Url::Parse("https://example.com/a")));
  EXPECT_FALSE(url.SameOrigin(*Url::Parse("http://example.com:81/a")));
  EXPECT_FALSE(url.SameOrigin(*Url::Parse("http://www.example.com/a")));
  EXPECT_EQ(url.Origin(), "http://example.com");
}

}  // namespace
}  // namespace shoal::hls
