// Answers that are as they should be, and answers that are not.
#include <zlib.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "client/cdn/options.h"
#include "tests/unit/client/cdn/cdn_fixture.h"

namespace shoal::cdn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using AnswersTest = CdnTest;

std::string Gzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST_F(AnswersTest, WholeAnswerArrivesAsItIs) {
  const std::string body(300'000, 'x');
  origin_.On("/a?q=1", Answer("200 OK", "ETag: \"1\"\r\n", body));
  const auto& heard = FetchPath("/a?q=1");
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.head->status, 200);
  EXPECT_EQ(*FindHeader(heard.head->headers, "etag"), "\"1\"");
  EXPECT_EQ(heard.head->content_length, body.size());
  EXPECT_EQ(heard.head->content_range, std::nullopt);
  EXPECT_EQ(heard.head->effective_url, origin_.Url("/a?q=1"));
  EXPECT_EQ(heard.head->remote_address, std::string("\x7f\0\0\x01", 4));
  EXPECT_FALSE(heard.head->http2);
  EXPECT_TRUE(heard.body == body);
}

TEST_F(AnswersTest, RangeIsAskedForToTheByte) {
  origin_.On("/a", Answer("206 Partial", "Content-Range: bytes 2-4/10\r\n", "cde"));
  const auto& heard =
      Fetch({.url = origin_.Url("/a"), .range = ByteRange{2, 5}, .accept_gzip = true});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.body, "cde");
  EXPECT_EQ(heard.head->content_range, (ContentRange{.range = ByteRange{2, 5}, .total = 10}));
  EXPECT_THAT(origin_.requests()[0], HasSubstr("\r\nRange: bytes=2-4\r\n"));
  EXPECT_THAT(origin_.requests()[0], HasSubstr("\r\nAccept-Encoding: identity\r\n"));
}

TEST_F(AnswersTest, IgnoredRangeShowsAsStatus200) {
  origin_.On("/a", Answer("200 OK", "", "abcdefghij"));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .range = ByteRange{2, 5}});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.head->status, 200);
  EXPECT_EQ(heard.body, "abcdefghij");
}

TEST_F(AnswersTest, ShorterPartOfTheRangeIsTaken) {
  origin_.On("/a", Answer("206 Partial", "Content-Range: bytes 2-4/5\r\n", "cde"));
  const auto& heard =
      Fetch({.url = origin_.Url("/a"), .range = ByteRange{2, FetchRequest::kToEnd}});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.head->content_range->total, 5u);
}

TEST_F(AnswersTest, PartialAnswerOfAnotherRangeIsNone) {
  for (const char* range :
       {"bytes 3-4/10", "bytes 1-4/10", "bytes 2-5/10", "bytes */10", "bytes 2-4", "bytes 2-4/3"}) {
    origin_.On("/a", Answer("206 Partial", absl::StrCat("Content-Range: ", range, "\r\n"), "xyz"));
    const auto& heard = Fetch({.url = origin_.Url("/a"), .range = ByteRange{2, 5}});
    EXPECT_EQ(heard.result->outcome, FetchOutcome::kBadAnswer) << range;
    EXPECT_FALSE(heard.head.has_value()) << range;
  }
}

TEST_F(AnswersTest, PartialAnswerWithoutContentRangeIsNone) {
  origin_.On("/a", Answer("206 Partial", "", "cde"));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .range = ByteRange{2, 5}});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kBadAnswer);
}

TEST_F(AnswersTest, BodyShorterThanItsContentRangeIsTruncated) {
  origin_.On("/a", Answer("206 Partial", "Content-Range: bytes 2-6/10\r\n", "cde"));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .range = ByteRange{2, 7}});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTruncated);
  EXPECT_EQ(heard.body, "cde");
}

TEST_F(AnswersTest, BodyLongerThanItsContentRangeIsCutOff) {
  origin_.On("/a", Answer("206 Partial", "Content-Range: bytes 2-4/10\r\n", "cdefghij"));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .range = ByteRange{2, 5}});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTooLarge);
  EXPECT_EQ(heard.body, "cde");
}

TEST_F(AnswersTest, ErrorsAreAnswersToo) {
  for (const char* status : {"404 Not Found", "403 Forbidden", "500 Oops", "503 Busy"}) {
    origin_.On("/a", Answer(status, "Retry-After: 1\r\n", "sorry"));
    const auto& heard = Fetch({.url = origin_.Url("/a"), .range = ByteRange{2, 5}});
    EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
    EXPECT_EQ(absl::StrCat(heard.head->status), std::string(status, 3));
    EXPECT_EQ(heard.body, "sorry");
  }
}

TEST_F(AnswersTest, UnsatisfiableRangeTellsTheLength) {
  origin_.On("/a", Answer("416 No", "Content-Range: bytes */10\r\n", ""));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .range = ByteRange{20, 25}});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.head->status, 416);
  EXPECT_EQ(heard.head->content_range->total, 10u);
  EXPECT_EQ(heard.head->content_range->range, std::nullopt);
}

TEST_F(AnswersTest, UnsatisfiableRangeMayHideTheLength) {
  origin_.On("/a", Answer("416 No", "", ""));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .range = ByteRange{20, 25}});
  EXPECT_EQ(heard.head->status, 416);
  EXPECT_EQ(heard.head->content_range, std::nullopt);
}

TEST_F(AnswersTest, HeadHasALengthAndNoBody) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"}});
  const auto& heard = Fetch({.url = origin_.Url("/a"), .method = "HEAD"});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.head->content_length, 1000u);
  EXPECT_EQ(heard.body, "");
  EXPECT_THAT(origin_.requests()[0], HasSubstr("HEAD /a HTTP/1.1\r\n"));
}

TEST_F(AnswersTest, AnswersWithoutBodyEndAtOnce) {
  origin_.On("/204", {Send{"HTTP/1.1 204 No Content\r\n\r\n"}});
  origin_.On("/304", {Send{"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"}});
  for (const char* path : {"/204", "/304"}) {
    EXPECT_EQ(FetchPath(path).result->outcome, FetchOutcome::kComplete) << path;
  }
}

TEST_F(AnswersTest, EmptyBodyIsABody) {
  origin_.On("/a", Answer("200 OK", "", ""));
  EXPECT_EQ(FetchPath("/a").result->outcome, FetchOutcome::kComplete);
}

TEST_F(AnswersTest, ChunkedBodyHasNoLengthBeforehand) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"}});
  const auto& heard = FetchPath("/a");
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.head->content_length, std::nullopt);
  EXPECT_EQ(heard.body, "abcde");
}

TEST_F(AnswersTest, InterimAnswersAreNotShown) {
  origin_.On("/a", {Send{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"},
                    Send{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}});
  const auto& heard = FetchPath("/a");
  EXPECT_EQ(heard.head->status, 200);
  EXPECT_EQ(FindHeader(heard.head->headers, "Link"), nullptr);
  EXPECT_EQ(heard.body, "ok");
}

TEST_F(AnswersTest, GzipIsUnpackedIfAskedFor) {
  const std::string playlist = "#EXTM3U\n#EXT-X-VERSION:3\n";
  origin_.On("/a", Answer("200 OK", "Content-Encoding: gzip\r\n", Gzip(playlist)));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .accept_gzip = true});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.body, playlist);
  EXPECT_TRUE(heard.head->unpacked);
  EXPECT_EQ(heard.head->content_length, std::nullopt);
  EXPECT_EQ(FindHeader(heard.head->headers, "Content-Encoding"), nullptr);
  EXPECT_EQ(FindHeader(heard.head->headers, "Content-Length"), nullptr);
  EXPECT_THAT(origin_.requests()[0], HasSubstr("\r\nAccept-Encoding: gzip\r\n"));
}

TEST_F(AnswersTest, GzipIsHandedOnIfNotAskedFor) {
  const std::string packed = Gzip("#EXTM3U\n");
  origin_.On("/a", Answer("200 OK", "Content-Encoding: gzip\r\n", packed));
  const auto& heard = FetchPath("/a");
  EXPECT_EQ(heard.body, packed);
  EXPECT_FALSE(heard.head->unpacked);
  EXPECT_EQ(*FindHeader(heard.head->headers, "Content-Encoding"), "gzip");
  EXPECT_THAT(origin_.requests()[0], Not(HasSubstr("Accept-Encoding")));
}

TEST_F(AnswersTest, BrokenGzipIsABadAnswer) {
  origin_.On("/a", Answer("200 OK", "Content-Encoding: gzip\r\n", "this is not gzip"));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .accept_gzip = true});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kBadAnswer) << heard.result->message;
}

TEST_F(AnswersTest, LimitCountsUnpackedBytes) {
  const std::string bomb = Gzip(std::string(10'000'000, 'x'));
  ASSERT_LT(bomb.size(), 100'000u);
  origin_.On("/a", Answer("200 OK", "Content-Encoding: gzip\r\n", bomb));
  const auto& heard =
      Fetch({.url = origin_.Url("/a"), .accept_gzip = true, .body_limit = 1'000'000});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTooLarge);
  EXPECT_EQ(heard.body.size(), 1'000'000u);
}

TEST_F(AnswersTest, EndlessBodyIsCutOffAtTheLimit) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\n\r\n"}, SendForever{std::string(10'000, 'x')}});
  const auto& heard = Fetch({.url = origin_.Url("/a"), .body_limit = 123'456});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTooLarge);
  EXPECT_EQ(heard.body.size(), 123'456u);
  EXPECT_TRUE(origin_.WaitForOpenConnections(0));
}

TEST_F(AnswersTest, BodyOfExactlyTheLimitIsComplete) {
  origin_.On("/a", Answer("200 OK", "", "12345"));
  const auto& heard = Fetch({.url = origin_.Url("/a"), .body_limit = 5});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kComplete);
  EXPECT_EQ(heard.body, "12345");
}

TEST_F(AnswersTest, FloodsOfHeaderAreRefused) {
  std::string many;
  for (std::size_t i = 0; i <= kHeaderCountMax; ++i) absl::StrAppend(&many, "F", i, ": v\r\n");
  std::string large;
  for (std::size_t i = 0; i < 70; ++i) {
    absl::StrAppend(&large, "F", i, ": ", std::string(1000, 'v'), "\r\n");
  }
  const std::string long_line = absl::StrCat("F: ", std::string(200'000, 'v'), "\r\n");
  for (const std::string& fields : {many, large, long_line}) {
    origin_.On("/a", Answer("200 OK", fields, "body"));
    const auto& heard = FetchPath("/a");
    EXPECT_EQ(heard.result->outcome, FetchOutcome::kBadAnswer) << heard.result->message;
    EXPECT_FALSE(heard.head.has_value());
  }
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\n"}, SendForever{"A: b\r\n"}});
  EXPECT_EQ(FetchPath("/a").result->outcome, FetchOutcome::kBadAnswer);
}

TEST_F(AnswersTest, WhatIsNotHttpIsABadAnswer) {
  for (const char* answer :
       {"hello\r\n\r\n", "HTTP/1.1 2xx OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"}) {
    origin_.On("/a", {Send{answer}, CloseConnection{}});
    const auto& heard = FetchPath("/a");
    EXPECT_EQ(heard.result->outcome, FetchOutcome::kBadAnswer) << answer << heard.result->message;
  }
}

}  // namespace
}  // namespace shoal::cdn
