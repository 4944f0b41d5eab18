#include "client/proxy/request_reader.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace shoal::proxy {
namespace {

RequestReader::Result ReadAll(absl::string_view bytes, const Limits& limits = {}) {
  RequestReader reader(limits);
  reader.Append(bytes);
  return reader.Next();
}

RequestError ErrorOf(absl::string_view bytes, const Limits& limits = {}) {
  auto result = ReadAll(bytes, limits);
  if (auto* error = std::get_if<RequestError>(&result)) return *error;
  ADD_FAILURE() << "no error in " << bytes;
  return {RequestProblem::kBody, 0, ""};
}

bool NeedsMore(const RequestReader::Result& result) {
  return std::holds_alternative<RequestReader::NeedMore>(result);
}

constexpr absl::string_view kGet = "GET /a?b HTTP/1.1\r\nHost: h\r\nX-A:  b c \r\n\r\n";

TEST(RequestReaderTest, GivesTheRequest) {
  const auto result = ReadAll(kGet);
  const auto* raw = std::get_if<RawRequest>(&result);
  ASSERT_NE(raw, nullptr);
  EXPECT_EQ(raw->method, "GET");
  EXPECT_EQ(raw->target, "/a?b");
  EXPECT_EQ(raw->minor_version, 1);
  EXPECT_TRUE(raw->keep_alive);
  EXPECT_EQ(raw->headers.Find("host"), "h");
  EXPECT_EQ(raw->headers.Find("x-a"), "b c");
  EXPECT_EQ(raw->headers.size(), 2u);
}

TEST(RequestReaderTest, GivesItOnlyWithItsLastByte) {
  RequestReader reader(Limits{});
  for (std::size_t i = 0; i + 1 < kGet.size(); ++i) {
    reader.Append(kGet.substr(i, 1));
    ASSERT_TRUE(NeedsMore(reader.Next())) << i;
    ASSERT_TRUE(reader.has_partial_request());
  }
  reader.Append(kGet.substr(kGet.size() - 1));
  EXPECT_TRUE(std::holds_alternative<RawRequest>(reader.Next()));
  EXPECT_FALSE(reader.has_partial_request());
}

TEST(RequestReaderTest, GivesRequestsOfOnePacketInOrder) {
  RequestReader reader(Limits{});
  reader.Append(absl::StrCat("\r\n\r\n", kGet, "\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3"));
  EXPECT_EQ(std::get<RawRequest>(reader.Next()).target, "/a?b");
  EXPECT_EQ(std::get<RawRequest>(reader.Next()).target, "/2");
  EXPECT_TRUE(NeedsMore(reader.Next()));
  EXPECT_TRUE(reader.has_partial_request());
}

TEST(RequestReaderTest, EmptyLinesAreNoRequest) {
  RequestReader reader(Limits{});
  reader.Append("\r\n\r\n");
  EXPECT_TRUE(NeedsMore(reader.Next()));
  EXPECT_FALSE(reader.has_partial_request());
}

TEST(RequestReaderTest, KnowsWhoKeepsTheConnection) {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"GET / HTTP/1.1\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
  };
  for (const auto& [bytes, keep_alive] : cases) {
    EXPECT_EQ(std::get<RawRequest>(ReadAll(bytes)).keep_alive, keep_alive) << bytes;
  }
}

TEST(RequestReaderTest, HeadMayFillItsLimitAndNotOneByteMore) {
  Limits limits;
  limits.header_bytes = kGet.size();
  EXPECT_TRUE(std::holds_alternative<RawRequest>(ReadAll(kGet, limits)));
  limits.header_bytes = kGet.size() - 1;
  EXPECT_EQ(ErrorOf(kGet, limits).status, 431);
}

TEST(RequestReaderTest, EndlessHeadIsAnErrorAtTheLimit) {
  Limits limits;
  limits.header_bytes = 100;
  RequestReader reader(limits);
  const std::string line = "GET / HTTP/1.1\r\n";
  reader.Append(line + std::string(99 - line.size(), 'a'));
  EXPECT_TRUE(NeedsMore(reader.Next()));
  EXPECT_FALSE(reader.full());
  reader.Append("a");
  EXPECT_TRUE(reader.full());
  auto result = reader.Next();
  EXPECT_EQ(std::get<RequestError>(result).problem, RequestProblem::kTooLarge);
}

TEST(RequestReaderTest, EndlessTargetIsToldApart) {
  Limits limits;
  limits.header_bytes = 100;
  const RequestError error = ErrorOf("GET /" + std::string(100, 'a'), limits);
  EXPECT_EQ(error.problem, RequestProblem::kTargetTooLong);
  EXPECT_EQ(error.status, 414);
}

TEST(RequestReaderTest, RefusesWhatIsNotHttpWithoutWaitingForMore) {
  const std::vector<std::string> cases = {
      std::string("\x16\x03\x01\x02", 4),          // TLS
      std::string("\0", 1),                        //
      " GET / HTTP/1.1\r\n",                       // a space before the method
      "\n",                                        //
      "GET / HTTP/1.1\n",                          // LF alone
      "GET / HTTP/1.1\r\nA: b\rc",                 // CR alone
      std::string("GET /\0 HTTP/1.1", 15),         // NUL in the target
      std::string("GET / HTTP/1.1\r\nA: \0", 20),  // NUL in a value
      "GET / HTTP/1.1\r\nA: \x1b",                 // escape
      "GET / HTTP/1.1\r\nA: b\r\n c",              // folded
      "GET / HTTP/1.1\r\n\tA: b",                  // folded at once
  };
  for (const std::string& bytes : cases) EXPECT_EQ(ErrorOf(bytes).status, 400) << bytes;
}

TEST(RequestReaderTest, RefusesMalformedHeads) {
  const std::vector<std::pair<std::string, int>> cases = {
      {"GET\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET / \r\n\r\n", 400},
      {"GET / /b HTTP/1.1\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\n\r\n", 400},
      {"GET / FOO/1.1\r\n\r\n", 400},
      {"G(T / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/0.9\r\n\r\n", 505},
      {"GET / HTTP/1.2\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA(b): c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : cases) EXPECT_EQ(ErrorOf(bytes).status, status) << bytes;
}

TEST(RequestReaderTest, LeavesBodiesToTheNextCheck) {
  EXPECT_TRUE(std::holds_alternative<RawRequest>(
      ReadAll("GET / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n")));
  EXPECT_TRUE(std::holds_alternative<RawRequest>(
      ReadAll("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")));
}

TEST(RequestReaderTest, SurvivesARepeatedHeadCutAtAnyByte) {
  const std::string twice = absl::StrCat(kGet, kGet);
  for (std::size_t cut = 1; cut < twice.size(); ++cut) {
    RequestReader reader(Limits{});
    int requests = 0;
    for (const std::string& part : {twice.substr(0, cut), twice.substr(cut)}) {
      reader.Append(part);
      while (std::holds_alternative<RawRequest>(reader.Next())) ++requests;
    }
    EXPECT_EQ(requests, 2) << cut;
  }
}

}  // namespace
}  // namespace shoal::proxy
