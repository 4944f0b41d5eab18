#include "client/runtime/credentials.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(CredentialsTest, RepeatsWhatThePlayerSentToTheOrigin) {
  Credentials credentials;
  credentials.Learn(RequestFor("/a", {{"cookie", "c=1"},
                                      {"Authorization", "Bearer x"},
                                      {"User-Agent", "player/1"},
                                      {"Referer", "https://page.example/"},
                                      {"Accept", "*/*"}}));
  EXPECT_THAT(
      credentials.HeadersFor(true),
      ElementsAre(Pair("Cookie", "c=1"), Pair("Authorization", "Bearer x"),
                  Pair("User-Agent", "player/1"), Pair("Referer", "https://page.example/")));
  EXPECT_TRUE(credentials.has_authorization());
}

TEST(CredentialsTest, GivesOtherHostsNeitherCookieNorAuthorization) {
  Credentials credentials;
  credentials.Learn(RequestFor("/a", {{"Cookie", "c=1"}, {"Authorization", "x"}}));
  EXPECT_THAT(credentials.HeadersFor(false), IsEmpty());
}

TEST(CredentialsTest, ForgetsWhatThePlayerNoLongerSends) {
  Credentials credentials;
  credentials.Learn(RequestFor("/a", {{"Cookie", "c=1"}, {"Authorization", "x"}}));
  credentials.Learn(RequestFor("/a"));
  EXPECT_THAT(credentials.HeadersFor(true), IsEmpty());
  EXPECT_FALSE(credentials.has_authorization());
}

TEST(CredentialsTest, StripsWhatIsAboutOneRequestFromQueries) {
  EXPECT_EQ(StripOwnParameters("t=1&CMCD=bl%3D1&_HLS_msn=7&u=%20&_HLS_part=1"), "t=1&u=%20");
  EXPECT_EQ(StripOwnParameters("CMCD=x"), "");
  EXPECT_EQ(StripOwnParameters(""), "");
  EXPECT_EQ(StripOwnParameters("CMCDx=1&x=CMCD"), "CMCDx=1&x=CMCD");
}

TEST(CredentialsTest, KnowsDeliveryDirectives) {
  EXPECT_TRUE(HasDeliveryDirectives("t=1&_HLS_msn=7"));
  EXPECT_TRUE(HasDeliveryDirectives("_HLS_skip=YES"));
  EXPECT_FALSE(HasDeliveryDirectives("t=_HLS_msn"));
  EXPECT_FALSE(HasDeliveryDirectives(""));
}

TEST(CredentialsTest, AddsThePlayersQueryOnlyWhereTheListHasNone) {
  EXPECT_EQ(WithPlayerQuery(UrlOf("http://h/a.ts"), "t=1").ToString(), "http://h/a.ts?t=1");
  EXPECT_EQ(WithPlayerQuery(UrlOf("http://h/a.ts?u=2"), "t=1").ToString(), "http://h/a.ts?u=2");
  EXPECT_EQ(WithPlayerQuery(UrlOf("http://h/a.ts"), "").ToString(), "http://h/a.ts");
}

}  // namespace
}  // namespace shoal::runtime
