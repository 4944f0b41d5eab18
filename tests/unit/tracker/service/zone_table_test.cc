#include "tracker/service/zone_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/grpc/ip_address.h"

namespace shoal::service {
namespace {

using ::testing::HasSubstr;

// "none", or the name of `text`'s zones that `address` is in, of those named.
std::string ZoneIn(absl::string_view text, absl::string_view address) {
  const auto table = ZoneTable::Parse(text);
  if (!table.ok()) return std::string(table.status().message());
  const std::optional<std::uint16_t> zone = (*table)->Find(*ParseAddress(address));
  if (!zone) return "none";
  for (const char* name : {"one", "two", "three"}) {
    if (*zone == ZoneNumberOf(name)) return name;
  }
  return absl::StrCat(*zone);
}

std::string FaultOf(absl::string_view text) {
  return std::string(ZoneTable::Parse(text).status().message());
}

TEST(ZoneTableTest, ABlockHasItsAddressesAndNoOthers) {
  constexpr absl::string_view kText = "10.0.0.0/8 one\n";
  EXPECT_EQ(ZoneIn(kText, "9.255.255.255"), "none");
  EXPECT_EQ(ZoneIn(kText, "10.0.0.0"), "one");
  EXPECT_EQ(ZoneIn(kText, "10.255.255.255"), "one");
  EXPECT_EQ(ZoneIn(kText, "11.0.0.0"), "none");
  EXPECT_EQ(ZoneIn(kText, "::"), "none");
}

TEST(ZoneTableTest, TheLongestPrefixCounts) {
  constexpr absl::string_view kText =
      "10.0.0.0/16 two\n"
      "0.0.0.0/0 one\n"
      "10.0.1.0/24 three\n"
      "10.0.1.7 one\n";
  EXPECT_EQ(ZoneIn(kText, "200.1.2.3"), "one");
  EXPECT_EQ(ZoneIn(kText, "10.0.0.9"), "two");
  EXPECT_EQ(ZoneIn(kText, "10.0.1.6"), "three");
  EXPECT_EQ(ZoneIn(kText, "10.0.1.7"), "one");
  EXPECT_EQ(ZoneIn(kText, "10.0.1.8"), "three");
  EXPECT_EQ(ZoneIn(kText, "10.0.2.0"), "two");
  EXPECT_EQ(ZoneIn(kText, "10.1.0.0"), "one");
}

TEST(ZoneTableTest, KnowsIpv6) {
  constexpr absl::string_view kText = "2001:db8::/32 one\n2001:db8:1::/48 two\n255.0.0.0/8 three";
  EXPECT_EQ(ZoneIn(kText, "2001:db8::1"), "one");
  EXPECT_EQ(ZoneIn(kText, "2001:db8:1::1"), "two");
  EXPECT_EQ(ZoneIn(kText, "2001:db8:2::"), "one");
  EXPECT_EQ(ZoneIn(kText, "2001:db9::"), "none");
  EXPECT_EQ(ZoneIn(kText, "255.255.255.255"), "three");
  EXPECT_EQ(ZoneIn("::/0 two", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "two");
}

TEST(ZoneTableTest, SkipsCommentsAndBlanks) {
  EXPECT_EQ(ZoneIn("# a table\r\n\n  \t10.0.0.0/8   one # here\r\n", "10.1.1.1"), "one");
}

TEST(ZoneTableTest, NamesKeepTheirNumbersWhenOthersCome) {
  EXPECT_EQ(ZoneIn("10.0.0.0/8 two", "10.1.1.1"), "two");
  EXPECT_EQ(ZoneIn("9.0.0.0/8 one\n10.0.0.0/8 two", "10.1.1.1"), "two");
}

TEST(ZoneTableTest, AsManyZonesAsNames) {
  std::string text;
  for (int i = 0; i < 5000; ++i)
    absl::StrAppend(&text, "10.", i / 256, ".", i % 256, ".0/24 z", i, "\n");
  const auto table = ZoneTable::Parse(text);
  ASSERT_TRUE(table.ok()) << table.status();
  std::set<std::uint16_t> zones;
  for (int i = 0; i < 5000; ++i) {
    const std::uint16_t zone =
        *(*table)->Find(*ParseAddress(absl::StrCat("10.", i / 256, ".", i % 256, ".5")));
    EXPECT_GT(zone, 0);
    EXPECT_LT(zone, ZoneFinder::kZonesEnd);
    zones.insert(zone);
  }
  EXPECT_EQ(zones.size(), 5000u);
}

TEST(ZoneTableTest, SaysWhichLineIsWrongAndWhy) {
  EXPECT_EQ(FaultOf("10.0.0.0/8 one\n10.0.0.0/8\n"),
            "line 2: 1 words instead of a block and a zone");
  EXPECT_THAT(FaultOf("10.0.0.1/8 one"), HasSubstr("line 1: "));
  EXPECT_THAT(FaultOf("10.0.0.1/8 one"), HasSubstr("bits set beyond its prefix length"));
  EXPECT_THAT(FaultOf("\nsomewhere one"), HasSubstr("line 2: "));
  EXPECT_EQ(FaultOf("10.0.0.0/8 one\n11.0.0.0/8 one\n10.0.0.0/8 two\n"),
            "line 3: the block has another zone on line 1");
  EXPECT_EQ(FaultOf("# nothing\n"), "no block of addresses in it");
}

TEST(ZoneTableTest, ABlockMayBeSaidTwice) {
  EXPECT_EQ(ZoneIn("10.0.0.0/8 one\n10.0.0.0/8 one\n", "10.1.1.1"), "one");
}

}  // namespace
}  // namespace shoal::service
