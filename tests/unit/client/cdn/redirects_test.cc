#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/client/cdn/cdn_fixture.h"

namespace shoal::cdn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RedirectsTest : public CdnTest {
 protected:
  // /0 leads to /1 and so on, up to the last, which answers.
  void Chain(int last) {
    for (int i = 0; i < last; ++i) {
      origin_.On(absl::StrCat("/", i), Redirect(302, absl::StrCat("/", i + 1)));
    }
    origin_.On(absl::StrCat("/", last), Answer("200 OK", "", "here"));
  }

  ScriptedOrigin other_;
};

TEST_F(RedirectsTest, EveryKindIsFollowed) {
  origin_.On("/to", Answer("200 OK", "", "here"));
  for (const int status : {301, 302, 303, 307, 308}) {
    const std::string path = absl::StrCat("/dir/", status);
    origin_.On(path, Redirect(status, "../to"));
    const auto& heard = FetchPath(path);
    EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete) << status;
    EXPECT_EQ(heard.head->status, 200) << status;
    EXPECT_EQ(heard.head->effective_url, origin_.Url("/to")) << status;
    EXPECT_EQ(heard.body, "here") << status;
  }
  EXPECT_EQ(cdn_->figures().redirects, 5u);
  EXPECT_EQ(origin_.connections(), 1);
}

TEST_F(RedirectsTest, MethodRangeAndFieldsGoAlong) {
  origin_.On("/a", Redirect(302, "/b"));
  origin_.On("/b", Answer("206 Partial", "Content-Range: bytes 2-4/10\r\n", "cde"));
  const auto& heard = Fetch({.url = origin_.Url("/a"),
                             .headers = {{"If-Range", "\"1\""}, {"Cookie", "c=1"}},
                             .range = ByteRange{2, 5}});
  EXPECT_EQ(heard.body, "cde");
  EXPECT_THAT(origin_.requests()[1], HasSubstr("\r\nRange: bytes=2-4\r\n"));
  EXPECT_THAT(origin_.requests()[1], HasSubstr("\r\nIf-Range: \"1\"\r\n"));
  EXPECT_THAT(origin_.requests()[1], HasSubstr("\r\nCookie: c=1\r\n"));
}

TEST_F(RedirectsTest, AsManyAsAllowedAreFollowed) {
  Chain(5);
  EXPECT_EQ(FetchPath("/0").result->outcome, FetchOutcome::kComplete);
}

TEST_F(RedirectsTest, OneMoreIsRefused) {
  Chain(6);
  const auto& heard = FetchPath("/0");
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kRefusedRedirect);
  EXPECT_FALSE(heard.head.has_value());
  EXPECT_EQ(origin_.requests().size(), 6u);
}

TEST_F(RedirectsTest, LoopEnds) {
  origin_.On("/a", Redirect(302, "/a"));
  EXPECT_EQ(FetchPath("/a").result->outcome, FetchOutcome::kRefusedRedirect);
}

TEST_F(RedirectsTest, EachTargetIsOfferedWhole) {
  origin_.On("/a", Redirect(302, "b?q=1"));
  origin_.On("/b?q=1", Redirect(302, other_.Url("/c")));
  other_.On("/c", Answer("200 OK", "", "here"));
  std::vector<std::string> offered;
  const auto& heard = Fetch({.url = origin_.Url("/a"), .may_follow = [&](absl::string_view url) {
                               offered.emplace_back(url);
                               return true;
                             }});
  EXPECT_EQ(heard.body, "here");
  EXPECT_THAT(offered, ElementsAre(origin_.Url("/b?q=1"), other_.Url("/c")));
}

TEST_F(RedirectsTest, RefusedTargetIsNeverContacted) {
  origin_.On("/a", Redirect(302, other_.Url("/b?secret")));
  const auto& heard =
      Fetch({.url = origin_.Url("/a"), .may_follow = [](absl::string_view) { return false; }});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kRefusedRedirect);
  EXPECT_THAT(heard.result->message, Not(HasSubstr("secret")));
  EXPECT_EQ(other_.connections(), 0);
}

TEST_F(RedirectsTest, OtherSchemesAreRefused) {
  for (const char* target : {"ftp://127.0.0.1/", "file:///etc/passwd", "javascript:x", "http://"}) {
    origin_.On("/a", Redirect(302, target));
    EXPECT_EQ(FetchPath("/a").result->outcome, FetchOutcome::kRefusedRedirect) << target;
  }
}

TEST_F(RedirectsTest, CredentialsAreDroppedOnTheWayToAnotherHostForGood) {
  origin_.On("/a", Redirect(302, other_.Url("/b")));
  other_.On("/b", Redirect(302, origin_.Url("/c")));
  origin_.On("/c", Answer("200 OK", "", ""));
  Fetch({.url = origin_.Url("/a"),
         .headers = {{"Authorization", "secret"}, {"Cookie", "secret"}, {"Referer", "r"}}});
  EXPECT_THAT(origin_.requests()[0], HasSubstr("Authorization: secret\r\nCookie: secret\r\n"));
  EXPECT_THAT(other_.requests()[0], Not(HasSubstr("secret")));
  EXPECT_THAT(other_.requests()[0], HasSubstr("\r\nReferer: r\r\n"));
  EXPECT_THAT(origin_.requests()[1], Not(HasSubstr("secret")));
}

TEST_F(RedirectsTest, RedirectWithoutTargetIsAnAnswer) {
  origin_.On("/a", Answer("302 Found", "", "where?"));
  const auto& heard = FetchPath("/a");
  EXPECT_EQ(heard.head->status, 302);
  EXPECT_EQ(heard.body, "where?");
}

TEST_F(RedirectsTest, RedirectIsAnAnswerIfNoneIsWanted) {
  origin_.On("/a", Redirect(302, "/b"));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .redirect_limit = 0});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.head->status, 302);
  EXPECT_EQ(*FindHeader(heard.head->headers, "Location"), "/b");
}

TEST_F(RedirectsTest, OwnBodyOfARedirectIsNotReadToItsEnd) {
  origin_.On("/announced", {Send{"HTTP/1.1 302 Found\r\nLocation: /b\r\n"
                                 "Content-Length: 1000000000\r\n\r\n"},
                            SendForever{std::string(1000, 'x')}});
  origin_.On("/endless", {Send{"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"},
                          SendForever{std::string(1000, 'x')}});
  origin_.On("/silent", {Send{"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 5\r\n\r\n"},
                         AwaitHangUp{}});
  origin_.On("/b", Answer("200 OK", "", "here"));
  for (const char* path : {"/announced", "/endless", "/silent"}) {
    const auto& heard = Fetch({.url = origin_.Url(path), .stall_timeout = Milliseconds(50)});
    EXPECT_EQ(heard.body, "here") << path << ": " << heard.result->message;
  }
}

TEST_F(RedirectsTest, TransferMayBeCancelledWhileItsTargetIsJudged) {
  origin_.On("/a", Redirect(302, "/b"));
  TransferId id = 0;
  id = Start({.url = origin_.Url("/a"), .may_follow = [&](absl::string_view) {
                cdn_->Cancel(id);
                return true;
              }});
  ASSERT_TRUE(RunUntil([&] { return cdn_->active() == 0; }));
  RunReady();
  EXPECT_TRUE(recorder_.heard.empty());
  EXPECT_EQ(origin_.requests().size(), 1u);
}

}  // namespace
}  // namespace shoal::cdn
