#include "client/cdn/head_reader.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cdn/options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal::cdn {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using State = HeadReader::State;

// Feeds a head, in which each line ends in "\n" only, for brevity.
State Feed(HeadReader& reader, const std::string& head) {
  State state = reader.state();
  for (std::size_t begin = 0; begin < head.size();) {
    const std::size_t end = head.find('\n', begin) + 1;
    state = reader.Take(absl::string_view(head).substr(begin, end - begin));
    begin = end;
  }
  return state;
}

TEST(HeadReader, ReadsStatusAndFieldsInOrder) {
  HeadReader reader;
  EXPECT_EQ(Feed(reader, "HTTP/1.1 206 Partial\r\nB:  2 \r\na: 1\r\nEmpty:\r\n\r\n"),
            State::kComplete);
  EXPECT_EQ(reader.status(), 206);
  EXPECT_FALSE(reader.http2());
  EXPECT_THAT(reader.headers(), ElementsAre(Pair("B", "2"), Pair("a", "1"), Pair("Empty", "")));
  EXPECT_EQ(reader.content_length(), std::nullopt);
}

TEST(HeadReader, KnowsHttp2ByItsStatusLine) {
  HeadReader reader;
  EXPECT_EQ(Feed(reader, "HTTP/2 200 \n\n"), State::kComplete);
  EXPECT_TRUE(reader.http2());
}

TEST(HeadReader, SkipsInterimAnswers) {
  HeadReader reader;
  EXPECT_EQ(Feed(reader, "HTTP/1.1 103 Early Hints\nLink: x\n\n"), State::kReading);
  EXPECT_EQ(Feed(reader, "HTTP/1.1 200 OK\nA: 1\n\n"), State::kComplete);
  EXPECT_THAT(reader.headers(), ElementsAre(Pair("A", "1")));
}

TEST(HeadReader, EndlessInterimAnswersMeetTheLimit) {
  HeadReader reader;
  const std::string interim = "HTTP/1.1 103 Early Hints\nLink: x\n\n";
  std::size_t sent = 0;
  while (sent <= kHeaderBytesMax && Feed(reader, interim) == State::kReading) {
    sent += interim.size();
  }
  EXPECT_EQ(reader.state(), State::kRefused);
  EXPECT_LE(sent, kHeaderBytesMax);
}

TEST(HeadReader, IgnoresTrailers) {
  HeadReader reader;
  Feed(reader, "HTTP/1.1 200 OK\nA: 1\n\n");
  EXPECT_EQ(Feed(reader, "B: 2\n\n"), State::kComplete);
  EXPECT_THAT(reader.headers(), ElementsAre(Pair("A", "1")));
}

TEST(HeadReader, JoinsContinuedLines) {
  HeadReader reader;
  Feed(reader, "HTTP/1.1 200 OK\nA: 1\n  2\n\t3\n\n");
  EXPECT_THAT(reader.headers(), ElementsAre(Pair("A", "1 2 3")));
}

TEST(HeadReader, LengthOfAChunkedBodyIsNotKnown) {
  HeadReader reader;
  Feed(reader, "HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n");
  EXPECT_EQ(reader.content_length(), std::nullopt);
}

TEST(HeadReader, EqualContentLengthsAreOne) {
  HeadReader reader;
  Feed(reader, "HTTP/1.1 200 OK\nContent-Length: 5\ncontent-length: 5\n\n");
  EXPECT_EQ(reader.content_length(), 5u);
}

TEST(HeadReader, RefusesWhatIsNoHead) {
  for (const char* head :
       {"\n", "hello\n", "HTTP/1.1\n", "HTTP/1.1 20\n", "HTTP/1.1 2x0 OK\n", "HTTP/1.1 099 X\n",
        "HTTP/1.1 200 OK\nno colon\n", "HTTP/1.1 200 OK\n: no name\n",
        "HTTP/1.1 200 OK\n continued\n", "HTTP/1.1 200 OK\nContent-Length: -1\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 99999999999999999999\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6\n\n"}) {
    HeadReader reader;
    EXPECT_EQ(Feed(reader, head), State::kRefused) << head;
    EXPECT_NE(reader.problem(), "") << head;
  }
}

TEST(HeadReader, FieldsAreCounted) {
  HeadReader reader;
  Feed(reader, "HTTP/1.1 200 OK\n");
  for (std::size_t i = 0; i < kHeaderCountMax; ++i) {
    ASSERT_EQ(Feed(reader, absl::StrCat("F", i, ": v\n")), State::kReading);
  }
  EXPECT_EQ(Feed(reader, "One: more\n"), State::kRefused);
}

TEST(HeadReader, FieldNamesAreFoundInAnyCase) {
  const Headers headers = {{"ETag", "1"}, {"etag", "2"}};
  EXPECT_EQ(*FindHeader(headers, "ETAG"), "1");
  EXPECT_EQ(FindHeader(headers, "Age"), nullptr);
}

}  // namespace
}  // namespace shoal::cdn
