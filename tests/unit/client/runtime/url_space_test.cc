#include "client/runtime/url_space.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

constexpr absl::string_view kPublicAddress("\x08\x08\x08\x08", 4);
constexpr absl::string_view kPrivateAddress("\x0a\x00\x00\x01", 4);

class UrlSpaceTest : public testing::Test {
 protected:
  UrlSpace space_{UrlOf("https://cdn.example")};
};

TEST_F(UrlSpaceTest, PathsOfTheOriginStayAsTheyAre) {
  EXPECT_EQ(space_.UpstreamOf("/live/a.ts?t=%20x")->ToString(),
            "https://cdn.example/live/a.ts?t=%20x");
  EXPECT_EQ(space_.TargetOf(UrlOf("https://cdn.example/live/a.ts?t=1")), "/live/a.ts?t=1");
}

TEST_F(UrlSpaceTest, OtherHostsGetNumbersThatLeadBack) {
  const auto first = space_.TargetOf(UrlOf("https://other.example/a.ts?t=1"));
  const auto second = space_.TargetOf(UrlOf("https://other.example:8443/a.ts"));
  EXPECT_EQ(first, "/-/o/1/a.ts?t=1");
  EXPECT_EQ(second, "/-/o/2/a.ts");
  EXPECT_EQ(space_.TargetOf(UrlOf("https://other.example/b.ts")), "/-/o/1/b.ts");
  EXPECT_EQ(space_.UpstreamOf(*first)->ToString(), "https://other.example/a.ts?t=1");
  EXPECT_EQ(space_.UpstreamOf(*second)->ToString(), "https://other.example:8443/a.ts");
}

TEST_F(UrlSpaceTest, NumbersThatNobodyGaveLeadNowhere) {
  for (const char* target : {"/-/o/1/a.ts", "/-/o/0/a.ts", "/-/o//a.ts", "/-/o/x/a.ts", "/-/o/1",
                             "/-/o/-1/a.ts", "/-/o/99999999999999999999/a.ts", "/-/status2"}) {
    EXPECT_TRUE(absl::IsNotFound(space_.UpstreamOf(target).status())) << target;
  }
}

TEST_F(UrlSpaceTest, NumbersRunOut) {
  for (std::size_t i = 0; i < kOtherHostsMax; ++i) {
    ASSERT_TRUE(space_.TargetOf(UrlOf(absl::StrCat("https://h", i, ".example/"))).has_value());
  }
  EXPECT_EQ(space_.TargetOf(UrlOf("https://one.more.example/")), std::nullopt);
  EXPECT_NE(space_.TargetOf(UrlOf("https://h0.example/")), std::nullopt);
}

TEST_F(UrlSpaceTest, APublicOriginOpensNoWayToPrivateHosts) {
  EXPECT_EQ(space_.TargetOf(UrlOf("http://192.168.1.1/admin")), std::nullopt);
  EXPECT_FALSE(space_.MayFollow("http://127.0.0.1:9/"));
  EXPECT_FALSE(space_.MayFollow("ftp://other.example/"));
  EXPECT_TRUE(space_.MayFollow("https://other.example/a"));
  EXPECT_TRUE(space_.MayConnect("https://other.example/a", kPublicAddress));
  EXPECT_FALSE(space_.MayConnect("https://other.example/a", kPrivateAddress));
}

TEST_F(UrlSpaceTest, AnOriginThatResolvesToAPrivateAddressIsPrivate) {
  EXPECT_TRUE(space_.MayConnect("https://cdn.example/a", kPrivateAddress));
  EXPECT_TRUE(space_.MayConnect("https://other.example/a", kPrivateAddress));
  EXPECT_NE(space_.TargetOf(UrlOf("http://192.168.1.1/live/a.ts")), std::nullopt);
}

TEST_F(UrlSpaceTest, PathsOfTheOriginBelowOurOwnPrefixAreNotClaimed) {
  EXPECT_EQ(space_.TargetOf(UrlOf("https://cdn.example/-/status")), std::nullopt);
}

}  // namespace
}  // namespace shoal::runtime
