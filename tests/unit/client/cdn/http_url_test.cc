#include "client/cdn/http_url.h"

#include <string>

#include "gtest/gtest.h"

namespace shoal::cdn {
namespace {

HttpUrl Url(const std::string& text) { return HttpUrl::Parse(text).value(); }

std::string Resolved(const std::string& base, const std::string& reference) {
  const auto url = Url(base).Resolve(reference);
  return url.has_value() ? url->text() : "none";
}

TEST(HttpUrl, OnlyHttpAndHttpsAreTaken) {
  EXPECT_TRUE(HttpUrl::Parse("http://a/").has_value());
  EXPECT_TRUE(HttpUrl::Parse("HTTPS://a/").has_value());
  for (const char* text : {"", "/path", "//a/", "a", "ftp://a/", "file:///etc/passwd", "http://",
                           "gopher://a/", "http://a:0/", "http://a:65536/"}) {
    EXPECT_FALSE(HttpUrl::Parse(text).has_value()) << text;
  }
}

TEST(HttpUrl, ControlCharactersAreRefused) {
  EXPECT_FALSE(HttpUrl::Parse("http://a/b\r\nX: y").has_value());
  EXPECT_FALSE(HttpUrl::Parse(absl::string_view("http://a/\0b", 11)).has_value());
}

TEST(HttpUrl, SpacesAndForeignBytesAreEncodedAndFragmentsDropped) {
  EXPECT_EQ(Url("http://a/b c?d e#f").text(), "http://a/b%20c?d+e");
  EXPECT_EQ(Url("http://a/%20\xc3\xa4").text(), "http://a/%20%c3%a4");
}

TEST(HttpUrl, RelativeReferencesAreResolved) {
  EXPECT_EQ(Resolved("http://a:81/b/c?d", "e"), "http://a:81/b/e");
  EXPECT_EQ(Resolved("http://a:81/b/c?d", "/e?f"), "http://a:81/e?f");
  EXPECT_EQ(Resolved("http://a:81/b/c?d", "../e"), "http://a:81/e");
  EXPECT_EQ(Resolved("https://a/b/c", "//x/e"), "https://x/e");
  EXPECT_EQ(Resolved("https://a/b/c", "http://x/e"), "http://x/e");
  EXPECT_EQ(Resolved("https://a/b/c", "ftp://x/e"), "none");
}

TEST(HttpUrl, HostKeyNamesWhatAConnectionCanBeSharedFor) {
  EXPECT_EQ(Url("http://A.example/x").HostKey(), Url("http://a.example:80/y?z").HostKey());
  EXPECT_NE(Url("http://a/").HostKey(), Url("https://a/").HostKey());
  EXPECT_NE(Url("http://a/").HostKey(), Url("http://a:8080/").HostKey());
}

TEST(HttpUrl, PublicNameHasNoSecrets) {
  EXPECT_EQ(Url("https://user:pass@a/b?token=1").PublicName(), "https://a:443/b");
}

TEST(HttpUrl, CredentialsStayWithTheirHost) {
  const HttpUrl url = Url("http://a/1");
  EXPECT_TRUE(url.MayShareCredentials(Url("http://A:80/2")));
  EXPECT_TRUE(url.MayShareCredentials(Url("https://a/2")));
  EXPECT_FALSE(url.MayShareCredentials(Url("http://b/1")));
  EXPECT_FALSE(url.MayShareCredentials(Url("http://a:81/1")));
  EXPECT_FALSE(url.MayShareCredentials(Url("https://a:8443/1")));
  EXPECT_FALSE(Url("https://a/1").MayShareCredentials(url));
}

}  // namespace
}  // namespace shoal::cdn
