#include "client/hls/variables.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "client/hls/attribute_list.h"
#include "client/hls/parse_error.h"
#include "tests/unit/client/hls/playlist_builder.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

class VariableScopeTest : public testing::Test {
 protected:
  absl::Status Define(absl::string_view attributes) {
    return scope_.Define(*AttributeList::Parse(attributes));
  }
  std::optional<ParseErrorReason> ReasonFor(absl::string_view attributes) {
    return ReasonOf(Define(attributes));
  }

  ParseLimits limits_{.line_bytes = 100, .substituted_bytes = 250, .variables = 3};
  VariableSources sources_{.playlist_url = "http://h/p.m3u8?token=a%2Fb+c&empty=&bad=%0A&raw=%FF",
                           .imports = {{"cdn", "https://cdn.example"}}};
  VariableScope scope_{sources_, limits_};
};

TEST_F(VariableScopeTest, SubstitutesADefinedVariableEverywhere) {
  ASSERT_TRUE(Define(R"(NAME="a-B_1",VALUE="x")").ok());
  EXPECT_EQ(*scope_.Substitute("{$a-B_1}/{$a-B_1}.ts"), "x/x.ts");
}

TEST_F(VariableScopeTest, ImportsFromTheMultivariantPlaylist) {
  ASSERT_TRUE(Define(R"(IMPORT="cdn")").ok());
  EXPECT_EQ(*scope_.Substitute("{$cdn}/a"), "https://cdn.example/a");
}

TEST_F(VariableScopeTest, DoesNotKnowAVariableBeforeItIsImported) {
  EXPECT_EQ(ReasonOf(scope_.Substitute("{$cdn}/a").status()), kUndefinedVariable);
}

TEST_F(VariableScopeTest, RefusesToImportWhatIsNotThere) {
  EXPECT_EQ(ReasonFor(R"(IMPORT="other")"), kVariableNotImportable);
}

TEST_F(VariableScopeTest, TakesQueryParametersDecoded) {
  ASSERT_TRUE(Define(R"(QUERYPARAM="token")").ok());
  EXPECT_EQ(*scope_.Substitute("{$token}"), "a/b c");
}

TEST_F(VariableScopeTest, TakesAnEmptyQueryParameter) {
  ASSERT_TRUE(Define(R"(QUERYPARAM="empty")").ok());
  EXPECT_EQ(*scope_.Substitute("a{$empty}b"), "ab");
}

TEST_F(VariableScopeTest, RefusesAnAbsentQueryParameter) {
  EXPECT_EQ(ReasonFor(R"(QUERYPARAM="other")"), kNoSuchQueryParameter);
}

TEST_F(VariableScopeTest, RefusesAQueryParameterThatHidesALineEnd) {
  EXPECT_EQ(ReasonFor(R"(QUERYPARAM="bad")"), kControlCharacter);
}

TEST_F(VariableScopeTest, RefusesAQueryParameterThatIsNotUtf8) {
  EXPECT_EQ(ReasonFor(R"(QUERYPARAM="raw")"), kNotUtf8);
}

TEST_F(VariableScopeTest, SubstitutesInTheValueOfAnother) {
  ASSERT_TRUE(Define(R"(NAME="a",VALUE="x")").ok());
  ASSERT_TRUE(Define(R"(NAME="b",VALUE="{$a}y")").ok());
  EXPECT_EQ(*scope_.Substitute("{$b}"), "xy");
}

TEST_F(VariableScopeTest, DoesNotReadVariablesInSubstitutedText) {
  sources_.imports["nested"] = "{$cdn}";
  ASSERT_TRUE(Define(R"(IMPORT="nested")").ok());
  EXPECT_EQ(*scope_.Substitute("{$nested}"), "{$cdn}");
}

TEST_F(VariableScopeTest, LeavesWhatOnlyLooksLikeAVariable) {
  for (const char* text : {"{$}", "{$a", "{$a b}", "{a}", "$a", "{$", "{{$", "{$a.b}"}) {
    EXPECT_EQ(*scope_.Substitute(text), text);
  }
}

TEST_F(VariableScopeTest, RefusesAnUndefinedVariable) {
  EXPECT_EQ(ReasonOf(scope_.Substitute("x{$a}").status()), kUndefinedVariable);
}

TEST_F(VariableScopeTest, RefusesADefinitionThatIsNotOfOneKind) {
  EXPECT_EQ(ReasonFor(R"(VALUE="x")"), kBadVariableDefinition);
  EXPECT_EQ(ReasonFor(R"(NAME="a",IMPORT="a")"), kBadVariableDefinition);
}

TEST_F(VariableScopeTest, RefusesANameWithoutValue) {
  EXPECT_EQ(ReasonFor(R"(NAME="a")"), kMissingAttribute);
}

TEST_F(VariableScopeTest, RefusesABadName) {
  EXPECT_EQ(ReasonFor(R"(NAME="a.b",VALUE="x")"), kBadVariableName);
  EXPECT_EQ(ReasonFor(R"(NAME="",VALUE="x")"), kBadVariableName);
}

TEST_F(VariableScopeTest, RefusesToDefineTwice) {
  ASSERT_TRUE(Define(R"(NAME="a",VALUE="x")").ok());
  EXPECT_EQ(ReasonFor(R"(NAME="a",VALUE="x")"), kDuplicateVariable);
}

TEST_F(VariableScopeTest, RefusesMoreDefinitionsThanTheLimit) {
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(Define(absl::StrCat("NAME=\"", name, "\",VALUE=\"x\"")).ok());
  }
  EXPECT_EQ(ReasonFor(R"(NAME="d",VALUE="x")"), kTooManyVariables);
}

TEST_F(VariableScopeTest, RefusesALineThatGrowsTooLong) {
  ASSERT_TRUE(Define(absl::StrCat("NAME=\"a\",VALUE=\"", std::string(60, 'x'), "\"")).ok());
  EXPECT_TRUE(scope_.Substitute("{$a}").ok());
  EXPECT_EQ(ReasonOf(scope_.Substitute("{$a}{$a}").status()), kSubstitutionTooLong);
}

TEST_F(VariableScopeTest, RefusesAPlaylistThatGrowsTooLong) {
  ASSERT_TRUE(Define(absl::StrCat("NAME=\"a\",VALUE=\"", std::string(100, 'x'), "\"")).ok());
  EXPECT_TRUE(scope_.Substitute("{$a}").ok());
  EXPECT_TRUE(scope_.Substitute("{$a}").ok());
  EXPECT_EQ(ReasonOf(scope_.Substitute("{$a}").status()), kSubstitutionTooLong);
}

}  // namespace
}  // namespace shoal::hls
