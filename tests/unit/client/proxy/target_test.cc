#include "client/proxy/target.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace shoal::proxy {
namespace {

Target Good(absl::string_view written) {
  auto parsed = Target::Parse(written);
  EXPECT_TRUE(std::holds_alternative<Target>(parsed)) << written;
  return std::get<Target>(std::move(parsed));
}

TEST(TargetTest, TakesPathAndQueryApart) {
  const Target target = Good("/a/b.m3u8?x=1&y=%2F?");
  EXPECT_EQ(target.path(), "/a/b.m3u8");
  EXPECT_EQ(target.query(), "x=1&y=%2F?");
  EXPECT_EQ(target.origin_form(), "/a/b.m3u8?x=1&y=%2F?");
  EXPECT_FALSE(target.authority().has_value());
}

TEST(TargetTest, PathIsNormalisedAndOriginFormIsAsWritten) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/", "/"},
      {"/%41%7e%2Dz", "/A~-z"},
      {"/seg%2ets", "/seg.ts"},
      {"/a%3ab%c3%a9", "/a%3Ab%C3%A9"},
      {"/o/path%2fsegment.ts", "/o/path%2Fsegment.ts"},
      {"/a//b", "/a//b"},
      {"/...", "/..."},
      {"/..a/b../.c", "/..a/b../.c"},
      {"/%252e%252e/a", "/%252e%252e/a"},
      {"/a;v=1,2", "/a;v=1,2"},
  };
  for (const auto& [written, path] : cases) {
    const Target target = Good(written);
    EXPECT_EQ(target.path(), path) << written;
    EXPECT_EQ(target.origin_form(), written);
  }
}

TEST(TargetTest, EscapesWhatNoUriMayHold) {
  const Target target = Good("/caf\xc3\xa9/{a}\"?q=<\xff>\\");
  EXPECT_EQ(target.path(), "/caf%C3%A9/%7Ba%7D%22");
  EXPECT_EQ(target.query(), "q=%3C%FF%3E%5C");
  EXPECT_EQ(target.origin_form(), "/caf%C3%A9/%7Ba%7D%22?q=%3C%FF%3E%5C");
}

TEST(TargetTest, AbsoluteFormGivesAuthorityAndPath) {
  EXPECT_EQ(Good("http://host:8080/a?b").authority(), "host:8080");
  EXPECT_EQ(Good("HTTP://host/a?b").origin_form(), "/a?b");
  EXPECT_EQ(Good("http://host").origin_form(), "/");
  EXPECT_EQ(Good("http://host?b").origin_form(), "/?b");
  EXPECT_EQ(Good("http://[::1]:80/a").authority(), "[::1]:80");
}

struct BadTarget {
  std::string written;
  TargetProblem problem;
};

TEST(TargetTest, RefusesWhatClimbsOrMisleads) {
  const std::vector<BadTarget> cases = {
      {"", TargetProblem::kEmpty},
      {"*", TargetProblem::kForm},
      {"a/b", TargetProblem::kForm},
      {"host:443", TargetProblem::kForm},
      {"https://host/a", TargetProblem::kForm},
      {"ftp://host/a", TargetProblem::kForm},
      {"http:///a", TargetProblem::kForm},
      {"http://user@host/a", TargetProblem::kForm},
      {"//evil.example/a", TargetProblem::kDoubleSlash},
      {"/%2fevil.example/a", TargetProblem::kDoubleSlash},
      {"http://host//evil.example/a", TargetProblem::kDoubleSlash},
      {"/..", TargetProblem::kDotSegment},
      {"/.", TargetProblem::kDotSegment},
      {"/../etc/passwd", TargetProblem::kDotSegment},
      {"/a/../b", TargetProblem::kDotSegment},
      {"/a/./b", TargetProblem::kDotSegment},
      {"/a/..?x", TargetProblem::kDotSegment},
      {"/%2e%2e/a", TargetProblem::kDotSegment},
      {"/%2E./a", TargetProblem::kDotSegment},
      {"/a/.%2e", TargetProblem::kDotSegment},
      {"/..%2fetc", TargetProblem::kDotSegment},
      {"/a%2F..%2Fb", TargetProblem::kDotSegment},
      {"/a%2f%2e%2e%2fb", TargetProblem::kDotSegment},
      {"/..;/a", TargetProblem::kDotSegment},
      {"/..;x=1/a", TargetProblem::kDotSegment},
      {"http://host/../a", TargetProblem::kDotSegment},
      {"/a\\b", TargetProblem::kBackslash},
      {"/..\\a", TargetProblem::kBackslash},
      {"/a%5cb", TargetProblem::kBackslash},
      {"/%5C%5Chost", TargetProblem::kBackslash},
      {"http://host\\@evil/a", TargetProblem::kBackslash},
      {"/a%00", TargetProblem::kControlCharacter},
      {"/a%0d%0aX-Injected:%201", TargetProblem::kControlCharacter},
      {"/a%7f", TargetProblem::kControlCharacter},
      {"/a\r\nX: y", TargetProblem::kControlCharacter},
      {"/a?b\nc", TargetProblem::kControlCharacter},
      {std::string("/a\0b", 4), TargetProblem::kControlCharacter},
      {"/a b", TargetProblem::kControlCharacter},
      {"/a\x7f", TargetProblem::kControlCharacter},
      {"/a%", TargetProblem::kPercentEncoding},
      {"/a%2", TargetProblem::kPercentEncoding},
      {"/a%zz", TargetProblem::kPercentEncoding},
      {"/a%%41", TargetProblem::kPercentEncoding},
      {"/a%2?b", TargetProblem::kPercentEncoding},
      {"/a#b", TargetProblem::kFragment},
      {"/a?b#c", TargetProblem::kFragment},
  };
  for (const BadTarget& bad : cases) {
    const auto parsed = Target::Parse(bad.written);
    ASSERT_TRUE(std::holds_alternative<TargetProblem>(parsed)) << bad.written;
    EXPECT_EQ(std::get<TargetProblem>(parsed), bad.problem) << bad.written;
  }
}

TEST(QueryArgumentTest, DecodesTheFirstOfThatName) {
  EXPECT_EQ(QueryArgument("a=1&b=%22x%22%2C&b=2", "b"), "\"x\",");
  EXPECT_EQ(QueryArgument("%61=1", "a"), "1");
  EXPECT_EQ(QueryArgument("a=", "a"), "");
  EXPECT_EQ(QueryArgument("a=b=c", "a"), "b=c");
  EXPECT_EQ(QueryArgument("a=1+1%zz%4", "a"), "1+1%zz%4");
}

TEST(QueryArgumentTest, AnswersNothingWithoutAValue) {
  EXPECT_EQ(QueryArgument("", "a"), std::nullopt);
  EXPECT_EQ(QueryArgument("a&ab=1&A=1", "a"), std::nullopt);
}

}  // namespace
}  // namespace shoal::proxy
