#include "client/runtime/freshness.h"

#include "gtest/gtest.h"

namespace shoal::runtime {
namespace {

constexpr Duration kUntold = Seconds(7);

Duration Fresh(const cdn::Headers& answer) { return FreshFor(answer, kUntold); }

TEST(FreshnessTest, MaxAgeCountsFromWhenTheAnswerWasMade) {
  EXPECT_EQ(Fresh({{"Cache-Control", "public, max-age=60"}}), Seconds(60));
  EXPECT_EQ(Fresh({{"cache-control", "MAX-AGE=\"60\""}}), Seconds(60));
  EXPECT_EQ(Fresh({{"Cache-Control", "max-age=60"}, {"Age", "20"}}), Seconds(40));
  EXPECT_EQ(Fresh({{"Cache-Control", "max-age=60"}, {"Age", "61"}}), Seconds(0));
}

TEST(FreshnessTest, TheLifetimeForSharedCachesGoesFirst) {
  EXPECT_EQ(Fresh({{"Cache-Control", "max-age=60, s-maxage=5"}}), Seconds(5));
  EXPECT_EQ(Fresh({{"Cache-Control", "max-age=60"}, {"Cache-Control", "s-maxage=0"}}), Seconds(0));
}

TEST(FreshnessTest, ExpiresCountsWithoutMaxAge) {
  const std::pair<std::string, std::string> date("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
  const std::pair<std::string, std::string> expires("Expires", "Sun, 06 Nov 1994 08:50:37 GMT");
  EXPECT_EQ(Fresh({date, expires}), Seconds(60));
  EXPECT_EQ(Fresh({date, expires, {"Cache-Control", "max-age=5"}}), Seconds(5));
  EXPECT_EQ(Fresh({expires}), Seconds(0));
  EXPECT_EQ(Fresh({date, {"Expires", "0"}}), Seconds(0));
  EXPECT_EQ(Fresh({{"Date", expires.second}, {"Expires", date.second}}), Seconds(0));
}

TEST(FreshnessTest, NoCacheMeansToAskEachTime) {
  EXPECT_EQ(Fresh({{"Cache-Control", "no-cache, max-age=60"}}), Seconds(0));
}

TEST(FreshnessTest, WhatCannotBeReadIsNotBelieved) {
  EXPECT_EQ(Fresh({{"Cache-Control", "max-age=soon"}}), Seconds(0));
  EXPECT_EQ(Fresh({{"Cache-Control", "max-age=-1"}}), Seconds(0));
  EXPECT_EQ(Fresh({{"Cache-Control", "max-age=99999999999999999999999"}}), kFreshMax);
  EXPECT_EQ(Fresh({{"Cache-Control", "max-age=18446744073709551615"}}), kFreshMax);
}

TEST(FreshnessTest, SilenceLeavesItToTheCaller) {
  EXPECT_EQ(Fresh({}), kUntold);
  EXPECT_EQ(Fresh({{"Cache-Control", "public"}}), kUntold);
}

TEST(FreshnessTest, KnowsAnswersThatDependOnTheRequest) {
  EXPECT_FALSE(VariesByRequest({{"Vary", "Accept-Encoding, Origin"}}));
  EXPECT_FALSE(VariesByRequest({}));
  EXPECT_TRUE(VariesByRequest({{"Vary", "Origin"}, {"vary", "cookie"}}));
  EXPECT_TRUE(VariesByRequest({{"Vary", "*"}}));
}

}  // namespace
}  // namespace shoal::runtime
