#include "client/proxy/request.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/client/proxy/raw_requests.h"

namespace shoal::proxy {
namespace {

RequestError ErrorOf(RawRequest raw, const Limits& limits = {}) {
  auto made = Request::Make(std::move(raw), limits);
  if (std::holds_alternative<Request>(made)) {
    ADD_FAILURE() << "the request was accepted";
    return {RequestProblem::kSyntax, 0, ""};
  }
  return std::get<RequestError>(std::move(made));
}

bool IsAccepted(RawRequest raw, const Limits& limits = {}) {
  return std::holds_alternative<Request>(Request::Make(std::move(raw), limits));
}

TEST(RequestTest, KeepsWhatWasAsked) {
  const Request request = Checked(GoodRequest());
  EXPECT_EQ(request.method(), Method::kGet);
  EXPECT_EQ(request.method_name(), "GET");
  EXPECT_EQ(request.path(), "/live/720p/seg-1.ts");
  EXPECT_EQ(request.query(), "token=a");
  EXPECT_EQ(request.target(), "/live/720p/seg-1.ts?token=a");
  EXPECT_EQ(request.QueryArgument("token"), "a");
  EXPECT_EQ(request.FindHeader("user-agent"), "player/1");
  EXPECT_EQ(request.host(), "127.0.0.1:8080");
  EXPECT_EQ(request.remote_address(), "127.0.0.1");
  EXPECT_EQ(request.listening_host(), "viewer.lan");
}

TEST(RequestTest, ServesThreeMethods) {
  for (const std::string method : {"GET", "HEAD", "OPTIONS"}) {
    RawRequest raw = GoodRequest();
    raw.method = method;
    EXPECT_EQ(Checked(raw).method_name(), method);
  }
  for (const std::string method : {"POST", "PUT", "DELETE", "CONNECT", "TRACE", "get", "FOO", ""}) {
    RawRequest raw = GoodRequest();
    raw.method = method;
    EXPECT_EQ(ErrorOf(raw).status, 405) << method;
  }
}

TEST(RequestTest, RefusesTargetsThatClimb) {
  const RequestError error = ErrorOf(GoodRequestFor("/a/%2e%2e/b"));
  EXPECT_EQ(error.problem, RequestProblem::kTarget);
  EXPECT_EQ(error.status, 400);
  EXPECT_EQ(error.message, "request target '/a/%2e%2e/b' has a '.' or '..' segment");
}

TEST(RequestTest, MessagesCarryNothingUnprintableOrLong) {
  const RequestError error = ErrorOf(GoodRequestFor("/\x01\xff" + std::string(1000, 'a')));
  EXPECT_LT(error.message.size(), 400u);
  EXPECT_EQ(error.message.find('\x01'), std::string::npos);
}

TEST(RequestTest, BoundsTargetAndHeaderCount) {
  Limits limits;
  limits.target_bytes = 10;
  limits.header_count = 3;
  EXPECT_TRUE(IsAccepted(GoodRequestFor("/123456789"), limits));
  EXPECT_EQ(ErrorOf(GoodRequestFor("/1234567890"), limits).status, 414);

  RawRequest raw = GoodRequestFor("/");
  raw.headers.Add("A", "1");
  EXPECT_TRUE(IsAccepted(raw, limits));
  raw.headers.Add("A", "1");
  EXPECT_EQ(ErrorOf(raw, limits).problem, RequestProblem::kTooManyHeaders);
}

TEST(RequestTest, RefusesHeadersThatCouldBeginOthers) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"X", "a\r\nSet-Cookie: b"},
      {"X", "a\nb"},
      {"X", "a\rb"},
      {"X", std::string("a\0b", 3)},
      {"X", "\x7f"},
      {"X Y", "a"},
      {"X:", "a"},
      {"X\r\nY", "a"},
      {"", "a"},
      {"caf\xc3\xa9", "a"},
  };
  for (const auto& [name, value] : cases) {
    EXPECT_EQ(ErrorOf(GoodRequestWith(name, value)).problem, RequestProblem::kHeader)
        << name << ": " << value;
  }
  EXPECT_TRUE(IsAccepted(GoodRequestWith("X-Tab", "a\tb \xc3\xa9")));
}

TEST(RequestTest, WantsExactlyOneHostFromHttp11) {
  RawRequest raw = GoodRequest();
  raw.headers.Remove("Host");
  EXPECT_EQ(ErrorOf(raw).problem, RequestProblem::kHost);
  raw.minor_version = 0;
  EXPECT_EQ(Checked(raw).host(), "");
  EXPECT_EQ(ErrorOf(GoodRequestWith("host", "127.0.0.1:8080")).problem, RequestProblem::kHost);
  for (const std::string host : {"", "a b", "a/b", "a@b", "[::1"}) {
    raw = GoodRequest();
    raw.headers.Set("Host", host);
    EXPECT_EQ(ErrorOf(raw).problem, RequestProblem::kHost) << host;
  }
}

TEST(RequestTest, AbsoluteFormIsForThisSocketOnly) {
  for (const std::string authority : {"127.0.0.1:8080", "localhost:8080", "viewer.lan:8080"}) {
    const Request request = Checked(GoodRequestFor("http://" + authority + "/a"));
    EXPECT_EQ(request.target(), "/a");
    EXPECT_EQ(request.host(), authority);
  }
  for (const std::string authority : {"evil.example", "evil.example:8080", "127.0.0.1",
                                      "127.0.0.1:80", "localhost:8081", "10.0.0.1:8080", "a b"}) {
    RawRequest raw = GoodRequestFor("http://" + authority + "/a");
    const int status = authority == "a b" ? 400 : 421;
    EXPECT_EQ(ErrorOf(raw).status, status) << authority;
    // Nor if the Host header says the same.
    raw.headers.Set("Host", authority == "a b" ? "a" : authority);
    EXPECT_EQ(ErrorOf(raw).status, status) << authority;
  }
}

TEST(RequestTest, RefusesBodiesAndDoubtfulLengths) {
  EXPECT_TRUE(IsAccepted(GoodRequestWith("Content-Length", "0")));
  EXPECT_EQ(ErrorOf(GoodRequestWith("Content-Length", "1")).status, 413);
  EXPECT_EQ(ErrorOf(GoodRequestWith("Content-Length", "99999999999999999999999")).status, 413);
  EXPECT_EQ(ErrorOf(GoodRequestWith("Transfer-Encoding", "chunked")).status, 413);
  for (const std::string length : {"", "-1", "+0", "0x0", "0, 0", "a"}) {
    const RequestError error = ErrorOf(GoodRequestWith("Content-Length", length));
    EXPECT_EQ(error.problem, RequestProblem::kLength) << length;
    EXPECT_EQ(error.status, 400);
  }
  RawRequest twice = GoodRequestWith("Content-Length", "0");
  twice.headers.Add("content-length", "0");
  EXPECT_EQ(ErrorOf(twice).problem, RequestProblem::kLength);
  RawRequest both = GoodRequestWith("Content-Length", "0");
  both.headers.Add("Transfer-Encoding", "chunked");
  EXPECT_EQ(ErrorOf(both).problem, RequestProblem::kLength);
}

TEST(RequestTest, IgnoresExpectAndUpgrade) {
  EXPECT_TRUE(IsAccepted(GoodRequestWith("Expect", "100-continue")));
  EXPECT_TRUE(IsAccepted(GoodRequestWith("Upgrade", "h2c")));
}

TEST(HeadersTest, NamesHaveNoCase) {
  Headers headers{{"ETag", "a"}, {"X", "1"}, {"etag", "b"}};
  EXPECT_EQ(headers.Find("etag"), "a");
  EXPECT_EQ(headers.Count("ETAG"), 2u);
  headers.Set("Etag", *headers.Find("etag"));
  EXPECT_EQ(headers.Count("etag"), 1u);
  EXPECT_EQ(headers.Find("etag"), "a");
  headers.Remove("eTag");
  EXPECT_FALSE(headers.Has("etag"));
  EXPECT_EQ(headers.size(), 1u);
}

}  // namespace
}  // namespace shoal::proxy
