#include "client/hls/line_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace shoal::hls {
namespace {

std::vector<std::string> TextsOf(absl::string_view text) {
  std::vector<std::string> lines;
  LineReader reader(text);
  while (const std::optional<Line> line = reader.Next()) lines.emplace_back(line->text);
  return lines;
}

TEST(LineReaderTest, EndsLinesAtLineFeeds) {
  EXPECT_EQ(TextsOf("a\n\nb"), (std::vector<std::string>{"a", "", "b"}));
}

TEST(LineReaderTest, TakesCarriageReturnAsPartOfTheEnd) {
  EXPECT_EQ(TextsOf("a\r\nb\r\n"), (std::vector<std::string>{"a", "b"}));
}

TEST(LineReaderTest, KeepsALoneCarriageReturnInTheLine) {
  EXPECT_EQ(TextsOf("a\rb\r"), (std::vector<std::string>{"a\rb\r"}));
}

TEST(LineReaderTest, HasNoLineInEmptyText) { EXPECT_TRUE(TextsOf("").empty()); }

TEST(LineReaderTest, LosesNoByte) {
  const std::string text = "a\r\n\n\r\r\nb\rc\n\r";
  std::string joined;
  LineReader reader(text);
  while (const std::optional<Line> line = reader.Next()) {
    absl::StrAppend(&joined, line->text, line->ending);
  }
  EXPECT_EQ(joined, text);
}

TEST(LineReaderTest, CountsLinesFromOne) {
  LineReader reader("a\nb");
  EXPECT_EQ(reader.Next()->number, 1u);
  EXPECT_EQ(reader.Next()->number, 2u);
}

TEST(KindOfTest, TellsLinesApart) {
  EXPECT_EQ(KindOf(" \t"), LineKind::kBlank);
  EXPECT_EQ(KindOf("# EXTINF:6,"), LineKind::kComment);
  EXPECT_EQ(KindOf("#EXTINF:6,"), LineKind::kTag);
  EXPECT_EQ(KindOf("a.ts#EXT"), LineKind::kUri);
}

TEST(SplitTagTest, SplitsAtTheFirstColon) {
  const Tag tag = SplitTag("#EXT-X-DATE:10:20");
  EXPECT_EQ(tag.name, "EXT-X-DATE");
  EXPECT_EQ(tag.value, "10:20");
}

TEST(SplitTagTest, HasNoValueWithoutColon) {
  EXPECT_EQ(SplitTag("#EXT-X-ENDLIST ").name, "EXT-X-ENDLIST");
  EXPECT_EQ(SplitTag("#EXT-X-ENDLIST").value, "");
}

}  // namespace
}  // namespace shoal::hls
