#include "tests/sim/config/notation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shoal::sim {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Who Share(double share) { return Who{share, std::nullopt}; }
Who Count(std::uint32_t count) { return Who{std::nullopt, count}; }
constexpr Who kRest{};

TEST(NotationTest, ReadsShares) {
  EXPECT_EQ(*ParseShare("40%"), 0.4);
  EXPECT_EQ(*ParseShare("0.5%"), 0.005);
  EXPECT_EQ(*ParseShare("100%"), 1);
  EXPECT_EQ(*ParseShare("0"), 0);
}

TEST(NotationTest, RefusesWhatIsNoShare) {
  for (const char* text : {"", "%", "40", "0.4", "101%", "-1%", "nan%", "inf%", "1e1%", "4 0%"}) {
    EXPECT_FALSE(ParseShare(text).ok()) << text;
  }
}

TEST(NotationTest, ReadsWho) {
  EXPECT_EQ(*ParseWho("40%"), Share(0.4));
  EXPECT_EQ(*ParseWho("12"), Count(12));
  EXPECT_EQ(*ParseWho("rest"), kRest);
  for (const char* text : {"", "all", "-1", "1.5", "99999999999", "+3"}) {
    EXPECT_FALSE(ParseWho(text).ok()) << text;
  }
}

TEST(NotationTest, ARateAloneIsEverybodys) {
  EXPECT_THAT(*ParseRates("5Mbit"), ElementsAre(WhoseRate{Share(1), 625'000}));
}

TEST(NotationTest, ReadsWhoHasWhichRate) {
  EXPECT_THAT(*ParseRates("40%:0, 3:2Mbit,rest:10Mbit/s"),
              ElementsAre(WhoseRate{Share(0.4), 0}, WhoseRate{Count(3), 250'000},
                          WhoseRate{kRest, 1'250'000}));
}

TEST(NotationTest, QuotesTheRateThatCannotBeRead) {
  for (const char* text :
       {"", "fast", "40%:", ":2Mbit", "40%:2Mb", "x%:2Mbit", "40%:0,,", "1:2:3"}) {
    EXPECT_FALSE(ParseRates(text).ok()) << text;
  }
  EXPECT_THAT(ParseRates("40%:0,60%:2Mb").status().message(),
              HasSubstr("\"2Mb\" is not a bit rate"));
}

TEST(NotationTest, ReadsJoins) {
  const auto joins = ParseJoins("100@0s+20s,rest@1min+30s");
  ASSERT_TRUE(joins.ok()) << joins.status();
  ASSERT_EQ(joins->size(), 2u);
  EXPECT_EQ((*joins)[0].who, Count(100));
  EXPECT_EQ((*joins)[1].who, kRest);
  EXPECT_EQ((*joins)[1].when.begin, TimePoint(Seconds(60)));
  EXPECT_EQ((*joins)[1].when.length, Seconds(30));
}

TEST(NotationTest, RefusesJoinsWithoutTheirMarks) {
  for (const char* text : {"", "100", "100@5s", "100@5s+", "@5s+5s", "100@5+5s", "100@5s+5"}) {
    EXPECT_FALSE(ParseJoins(text).ok()) << text;
  }
}

TEST(NotationTest, ReadsOutagesAndNone) {
  EXPECT_THAT(*ParseOutages(""), IsEmpty());
  const auto outages = ParseOutages("1min+5min, 10min+30s");
  ASSERT_TRUE(outages.ok()) << outages.status();
  ASSERT_EQ(outages->size(), 2u);
  EXPECT_EQ((*outages)[1].begin, TimePoint(Seconds(600)));
  EXPECT_EQ((*outages)[1].length, Seconds(30));
  EXPECT_FALSE(ParseOutages("1min").ok());
}

TEST(NotationTest, ReadsCutsAndDeaths) {
  const auto cuts = ParseCuts("33%@60s+20s");
  ASSERT_TRUE(cuts.ok()) << cuts.status();
  EXPECT_EQ(cuts->front().who, Share(0.33));
  EXPECT_EQ(cuts->front().when.length, Seconds(20));

  const auto deaths = ParseDeaths("10%@1min");
  ASSERT_TRUE(deaths.ok()) << deaths.status();
  EXPECT_EQ((*deaths)->who, Share(0.1));
  EXPECT_EQ((*deaths)->when.begin, TimePoint(Seconds(60)));
  EXPECT_EQ(*ParseDeaths(""), std::nullopt);
  EXPECT_FALSE(ParseDeaths("10%").ok());
}

TEST(NotationTest, SharesMakeUpAllViewers) {
  EXPECT_THAT(*SharesOf({Share(0.4), Count(20), kRest}, 200),
              ElementsAre(0.4, 0.1, DoubleNear(0.5, 1e-9)));
  EXPECT_TRUE(SharesOf({Share(0.3333), Share(0.3333), Share(0.3333)}, 10).ok());
  EXPECT_TRUE(SharesOf({Share(1), kRest}, 10).ok());
}

TEST(NotationTest, RefusesPartsThatAreNotTheWhole) {
  EXPECT_THAT(SharesOf({Share(0.4), Share(0.5)}, 10).status().message(),
              HasSubstr("90% of 10 viewers"));
  EXPECT_FALSE(SharesOf({Share(0.4), Share(0.7), kRest}, 10).ok());
  EXPECT_FALSE(SharesOf({Count(11)}, 10).ok());
  EXPECT_FALSE(SharesOf({kRest, kRest}, 10).ok());
  EXPECT_FALSE(SharesOf({}, 10).ok());
}

TEST(NotationTest, WritesRatesAsTheyAreRead) {
  EXPECT_EQ(FormatRates({RateGroup{1, 625'000}}), "5Mbit");
  EXPECT_EQ(FormatRates({RateGroup{0.405, 0}, RateGroup{0.595, 1'250'000}}),
            "40.5%:0,59.5%:10Mbit");
}

}  // namespace
}  // namespace shoal::sim
