#include "client/runtime/http_headers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(HttpHeadersTest, KeepsTheConnectionsFieldsToThisSide) {
  const auto request = RequestFor("/a", {{"Host", "127.0.0.1"},
                                         {"Connection", "keep-alive, X-Mine"},
                                         {"Keep-Alive", "5"},
                                         {"X-Mine", "1"},
                                         {"TE", "trailers"},
                                         {"Range", "bytes=0-"},
                                         {"Cookie", "c=1"},
                                         {"Authorization", "x"}});
  EXPECT_THAT(
      RequestHeadersUpstream(request, true),
      ElementsAre(Pair("Range", "bytes=0-"), Pair("Cookie", "c=1"), Pair("Authorization", "x")));
  EXPECT_THAT(RequestHeadersUpstream(request, false), ElementsAre(Pair("Range", "bytes=0-")));
}

TEST(HttpHeadersTest, PassesTheAnswersFieldsOnButNotTheConnections) {
  const proxy::Headers headers = AnswerHeadersForPlayer({{"Content-Type", "video/mp2t"},
                                                         {"Transfer-Encoding", "chunked"},
                                                         {"connection", "close, X-Theirs"},
                                                         {"X-Theirs", "1"},
                                                         {"Alt-Svc", "h3=\":443\""},
                                                         {"Set-Cookie", "a=1"},
                                                         {"Set-Cookie", "b=2"},
                                                         {"Bad Name", "x"},
                                                         {"X-Bad", "a\rb"}});
  EXPECT_EQ(headers.Find("Content-Type"), "video/mp2t");
  EXPECT_EQ(headers.Count("Set-Cookie"), 2u);
  EXPECT_TRUE(headers.Has("Access-Control-Allow-Origin"));
  for (const char* name :
       {"Transfer-Encoding", "Connection", "X-Theirs", "Alt-Svc", "Bad Name", "X-Bad"}) {
    EXPECT_FALSE(headers.Has(name)) << name;
  }
}

TEST(HttpHeadersTest, CookiesBecomeThisProxysOwn) {
  EXPECT_EQ(CookieForPlayer("a=1; Domain=.cdn.example; Path=/v; Secure; HttpOnly"),
            "a=1; Path=/v; HttpOnly");
  EXPECT_EQ(CookieForPlayer("a=1;domain=cdn.example;SECURE;Max-Age=5"), "a=1;Max-Age=5");
  EXPECT_EQ(CookieForPlayer("a=1; SameSite=None; Secure; Partitioned"), "a=1");
  EXPECT_EQ(CookieForPlayer("a=1; SameSite=Lax"), "a=1; SameSite=Lax");
  EXPECT_EQ(CookieForPlayer("Domain=x; Path=/"), "Domain=x; Path=/") << "a cookie of that name";
  EXPECT_EQ(CookieForPlayer("a=b=c"), "a=b=c");
  EXPECT_EQ(AnswerHeadersForPlayer({{"set-cookie", "a=1; Domain=cdn.example"}}).Find("Set-Cookie"),
            "a=1");
}

TEST(HttpHeadersTest, WhatIsForOneViewerIsNotShareable) {
  EXPECT_TRUE(IsShareable({}));
  EXPECT_TRUE(IsShareable({{"Cache-Control", "public, max-age=5, no-cache"}}));
  EXPECT_TRUE(IsShareable({{"X-Note", "private"}}));
  EXPECT_FALSE(IsShareable({{"set-cookie", "a=1"}}));
  EXPECT_FALSE(IsShareable({{"cache-control", "max-age=5, Private"}}));
  EXPECT_FALSE(IsShareable({{"Cache-Control", "max-age=5"}, {"Cache-Control", "no-store"}}));
  EXPECT_FALSE(IsShareable({{"Cache-Control", "private=\"X-A\""}}));
}

TEST(HttpHeadersTest, OnlyStrongEtagsCount) {
  EXPECT_EQ(StrongEtag({{"etag", "\"a\""}}), "\"a\"");
  EXPECT_EQ(StrongEtag({{"ETag", "W/\"a\""}}), "");
  EXPECT_EQ(StrongEtag({{"ETag", "\""}}), "");
  EXPECT_EQ(StrongEtag({}), "");
}

TEST(HttpHeadersTest, PagesMayReadErrors) {
  Asked asked = Ask("/a.ts");
  RespondMediaError(*asked.exchange, 404, "gone");
  EXPECT_EQ(asked.player->status(), "404");
  EXPECT_TRUE(asked.player->HasLine("Access-Control-Allow-Origin: *"));
  EXPECT_TRUE(asked.player->HasLine("Cache-Control: no-store"));
  EXPECT_EQ(asked.player->body(), "gone\n");
}

}  // namespace
}  // namespace shoal::runtime
