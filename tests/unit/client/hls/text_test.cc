#include "client/hls/text.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal::hls {
namespace {

constexpr std::size_t kNone = absl::string_view::npos;

TEST(FindNotUtf8Test, AcceptsEveryLengthAtItsBounds) {
  for (const char* text :
       {"", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(FindNotUtf8(text), kNone) << text;
  }
}

TEST(FindNotUtf8Test, FindsOverlongForms) {
  for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF"}) {
    EXPECT_EQ(FindNotUtf8(text), 0u);
  }
}

TEST(FindNotUtf8Test, FindsSurrogatesAndWhatIsTooLarge) {
  for (const char* text : {"\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(FindNotUtf8(text), 0u);
  }
}

TEST(FindNotUtf8Test, FindsBrokenSequences) {
  for (const char* text : {"ab\x80", "ab\xC3", "ab\xE2\x82", "ab\xE2\x82x", "ab\xF0\x9F\x98"}) {
    EXPECT_EQ(FindNotUtf8(text), 2u) << text;
  }
}

TEST(FindControlCharacterTest, AllowsTabsAndLineEnds) {
  EXPECT_EQ(FindControlCharacter("a\tb\r\nc\n"), kNone);
}

TEST(FindControlCharacterTest, FindsNulEscapeAndDelete) {
  EXPECT_EQ(FindControlCharacter(absl::string_view("a\0b", 3)), 1u);
  EXPECT_EQ(FindControlCharacter("ab\x1B"), 2u);
  EXPECT_EQ(FindControlCharacter("\x7F"), 0u);
}

TEST(FindControlCharacterTest, FindsACarriageReturnThatEndsNoLine) {
  EXPECT_EQ(FindControlCharacter("a\rb"), 1u);
  EXPECT_EQ(FindControlCharacter("a\r"), 1u);
}

}  // namespace
}  // namespace shoal::hls
