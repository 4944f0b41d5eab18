#include "client/cdn/request_fields.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal::cdn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FetchRequest With(Headers headers) { return {.url = "http://a/", .headers = std::move(headers)}; }

TEST(RequestFields, RequestsThatCannotBeSentAreRefused) {
  EXPECT_TRUE(CheckRequest(With({{"A", "1"}})).ok());
  EXPECT_FALSE(CheckRequest({.url = "ftp://a/"}).ok());
  EXPECT_FALSE(CheckRequest({.url = "http://a/", .method = "POST"}).ok());
  EXPECT_FALSE(CheckRequest({.url = "http://a/", .method = "GET / HTTP/1.1\r\nX: y\r\n"}).ok());
  EXPECT_FALSE(CheckRequest({.url = "http://a/", .range = ByteRange{5, 5}}).ok());
  EXPECT_FALSE(CheckRequest({.url = "http://a/", .range = ByteRange{6, 5}}).ok());
}

TEST(RequestFields, AFieldCannotBringALineOfItsOwn) {
  EXPECT_FALSE(CheckRequest(With({{"A", "1\r\nB: 2"}})).ok());
  EXPECT_FALSE(CheckRequest(With({{"A", "1\n"}})).ok());
  EXPECT_FALSE(CheckRequest(With({{"A", std::string("1\0", 2)}})).ok());
  EXPECT_FALSE(CheckRequest(With({{"A: 1\r\nB", "2"}})).ok());
  EXPECT_FALSE(CheckRequest(With({{"A B", "1"}})).ok());
  EXPECT_FALSE(CheckRequest(With({{"", "1"}})).ok());
}

TEST(RequestFields, FieldsOfTheConnectionAreLeftOut) {
  EXPECT_THAT(HeaderLines(With({{"host", "b"},
                                {"Connection", "close"},
                                {"Content-Length", "5"},
                                {"Transfer-Encoding", "chunked"},
                                {"Proxy-Authorization", "x"},
                                {"Referer", "http://a/"}}),
                          false),
              ElementsAre("Referer: http://a/"));
}

TEST(RequestFields, AnEmptyValueIsSentAsEmpty) {
  EXPECT_THAT(HeaderLines(With({{"A", ""}, {"B", " "}}), false), ElementsAre("A;", "B;"));
}

TEST(RequestFields, RangeComesFromTheRequestAlone) {
  FetchRequest request = With({{"Range", "bytes=7-8"}, {"Accept-Encoding", "gzip"}});
  EXPECT_THAT(HeaderLines(request, false),
              ElementsAre("Range: bytes=7-8", "Accept-Encoding: gzip"));
  request.range = ByteRange{100, 200};
  EXPECT_THAT(HeaderLines(request, false),
              ElementsAre("Range: bytes=100-199", "Accept-Encoding: identity"));
  request.range->end = FetchRequest::kToEnd;
  EXPECT_THAT(HeaderLines(request, false),
              ElementsAre("Range: bytes=100-", "Accept-Encoding: identity"));
}

TEST(RequestFields, CredentialsCanBeDropped) {
  const FetchRequest request = With({{"authorization", "x"}, {"Cookie", "y"}});
  EXPECT_THAT(HeaderLines(request, false), ElementsAre("authorization: x", "Cookie: y"));
  EXPECT_THAT(HeaderLines(request, true), IsEmpty());
}

}  // namespace
}  // namespace shoal::cdn
