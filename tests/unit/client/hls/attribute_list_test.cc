#include "client/hls/attribute_list.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "client/hls/parse_error.h"
#include "tests/unit/client/hls/playlist_builder.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

class AttributeListTest : public testing::Test {
 protected:
  static AttributeList Parsed(absl::string_view text) {
    absl::StatusOr<AttributeList> list = AttributeList::Parse(text);
    EXPECT_TRUE(list.ok()) << list.status();
    return list.ok() ? *list : AttributeList();
  }
  static std::optional<ParseErrorReason> ReasonFor(absl::string_view text) {
    return ReasonOf(AttributeList::Parse(text).status());
  }

  ParseLimits limits_;
  VariableSources sources_;
  VariableScope scope_{sources_, limits_};
};

TEST_F(AttributeListTest, FindsAttributesByName) {
  const AttributeList list = Parsed("TYPE=AUDIO,BANDWIDTH=128000");
  ASSERT_NE(list.Find("BANDWIDTH"), nullptr);
  EXPECT_EQ(list.Find("BANDWIDTH")->value, "128000");
  EXPECT_EQ(list.Find("bandwidth"), nullptr);
}

TEST_F(AttributeListTest, KeepsCommasAndEqualsInQuotes) {
  const AttributeList list = Parsed(R"(CODECS="avc1.4d401f,mp4a.40.2=x",A=1)");
  EXPECT_EQ(list.Find("CODECS")->value, "avc1.4d401f,mp4a.40.2=x");
  EXPECT_TRUE(list.Find("CODECS")->quoted);
  EXPECT_EQ(list.Find("A")->value, "1");
}

TEST_F(AttributeListTest, ToleratesBlanksAndATrailingComma) {
  const AttributeList list = Parsed(" A = 1 , B=\"x\" , ");
  EXPECT_EQ(list.Find("A")->value, "1");
  EXPECT_EQ(list.Find("B")->value, "x");
  EXPECT_EQ(list.attributes().size(), 2u);
}

TEST_F(AttributeListTest, IsEmptyForEmptyText) { EXPECT_TRUE(Parsed("").attributes().empty()); }

TEST_F(AttributeListTest, RefusesWhatIsNoList) {
  for (const char* text : {"A", "=1", "A=1,,B=2", "A=\"x", "A=\"x\"y", "A=x\"y\"", "A B=1", ","}) {
    EXPECT_EQ(ReasonFor(text), kBadAttributeList) << text;
  }
}

TEST_F(AttributeListTest, RefusesAnAttributeTwice) {
  EXPECT_EQ(ReasonFor("A=1,A=1"), kDuplicateAttribute);
}

TEST_F(AttributeListTest, RefusesTooManyAttributes) {
  std::string text;
  for (std::size_t i = 0; i < kAttributesMax; ++i) absl::StrAppend(&text, "A", i, "=1,");
  EXPECT_EQ(ReasonFor(text), std::nullopt);
  EXPECT_EQ(ReasonFor(absl::StrCat(text, "B=1")), kTooManyAttributes);
}

TEST_F(AttributeListTest, SubstitutesVariablesInQuotedStrings) {
  ASSERT_TRUE(scope_.Define(Parsed(R"(NAME="dir",VALUE="live")")).ok());
  EXPECT_EQ(*Parsed(R"(URI="{$dir}/key")").QuotedString("URI", scope_), "live/key");
}

TEST_F(AttributeListTest, HasNoQuotedStringWithoutTheAttribute) {
  EXPECT_EQ(*Parsed("A=1").QuotedString("URI", scope_), std::nullopt);
}

TEST_F(AttributeListTest, RefusesAnUnquotedString) {
  EXPECT_EQ(ReasonOf(Parsed("URI=x").QuotedString("URI", scope_).status()), kNotQuoted);
}

TEST_F(AttributeListTest, RefusesTheAbsenceOfARequiredString) {
  EXPECT_EQ(ReasonOf(Parsed("A=1").RequiredQuotedString("URI", scope_).status()),
            kMissingAttribute);
}

TEST_F(AttributeListTest, ReadsNumbers) {
  EXPECT_EQ(*Parsed("N=7").DecimalInteger("N"), 7u);
  EXPECT_EQ(ReasonOf(Parsed("N=7.5").DecimalInteger("N").status()), kBadNumber);
}

TEST_F(AttributeListTest, ReadsDurations) {
  EXPECT_EQ(*Parsed("D=0.33").DecimalSeconds("D"), Milliseconds(330));
  EXPECT_EQ(ReasonOf(Parsed("D=-1").DecimalSeconds("D").status()), kBadDuration);
  EXPECT_EQ(*Parsed("D=-1").SignedSeconds("D"), -Seconds(1));
}

TEST_F(AttributeListTest, ReadsHexSequencesWithVariables) {
  ASSERT_TRUE(scope_.Define(Parsed(R"(NAME="iv",VALUE="0x0102")")).ok());
  EXPECT_EQ(*Parsed("IV={$iv}").HexSequence("IV", scope_), "\x01\x02");
  EXPECT_EQ(ReasonOf(Parsed("IV=12").HexSequence("IV", scope_).status()), kBadHex);
}

TEST_F(AttributeListTest, ReadsResolutions) {
  EXPECT_EQ(*Parsed("R=640x360").DecimalResolution("R"), (Resolution{640, 360}));
  EXPECT_EQ(ReasonOf(Parsed("R=640").DecimalResolution("R").status()), kBadResolution);
}

TEST_F(AttributeListTest, TakesOnlyYesForYes) {
  EXPECT_TRUE(Parsed("A=YES").IsYes("A"));
  EXPECT_FALSE(Parsed("A=yes").IsYes("A"));
  EXPECT_FALSE(Parsed("A=NO").IsYes("A"));
  EXPECT_FALSE(Parsed("B=YES").IsYes("A"));
}

}  // namespace
}  // namespace shoal::hls
