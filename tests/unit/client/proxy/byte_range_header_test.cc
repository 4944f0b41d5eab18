#include "client/proxy/byte_range_header.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/client/proxy/raw_requests.h"

namespace shoal::proxy {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

struct RangeCase {
  absl::string_view value;
  std::uint64_t total;
  RangeAnswer answer;
  ByteRange range;
};

TEST(ParseRangeTest, FollowsRfc9110) {
  constexpr auto kWhole = RangeAnswer::kWhole;
  constexpr auto kPartial = RangeAnswer::kPartial;
  constexpr auto kUnsatisfiable = RangeAnswer::kUnsatisfiable;
  const RangeCase cases[] = {
      {"bytes=0-0", 1000, kPartial, {0, 1}},
      {"bytes=0-499", 1000, kPartial, {0, 500}},
      {"bytes=500-", 1000, kPartial, {500, 1000}},
      {"bytes=999-999", 1000, kPartial, {999, 1000}},
      {"bytes=0-", 1000, kPartial, {0, 1000}},
      {"bytes=900-5000", 1000, kPartial, {900, 1000}},
      {"bytes=5-18446744073709551615", 1000, kPartial, {5, 1000}},
      {"bytes=5-99999999999999999999999", 1000, kPartial, {5, 1000}},
      {"bytes=-1", 1000, kPartial, {999, 1000}},
      {"bytes=-1000", 1000, kPartial, {0, 1000}},
      {"bytes=-5000", 1000, kPartial, {0, 1000}},
      {" BYTES= 1-2 ", 1000, kPartial, {1, 3}},
      {"bytes=1000-", 1000, kUnsatisfiable, {}},
      {"bytes=1000-2000", 1000, kUnsatisfiable, {}},
      {"bytes=99999999999999999999999-", 1000, kUnsatisfiable, {}},
      {"bytes=-0", 1000, kUnsatisfiable, {}},
      {"bytes=0-", 0, kUnsatisfiable, {}},
      {"bytes=-1", 0, kWhole, {0, 0}},
      // As if there were no header:
      {"", 1000, kWhole, {0, 1000}},
      {"bytes", 1000, kWhole, {0, 1000}},
      {"bytes=", 1000, kWhole, {0, 1000}},
      {"bytes=-", 1000, kWhole, {0, 1000}},
      {"bytes=5", 1000, kWhole, {0, 1000}},
      {"bytes=2-1", 1000, kWhole, {0, 1000}},
      {"bytes=0-1,5-6", 1000, kWhole, {0, 1000}},
      {"bytes=0-1,", 1000, kWhole, {0, 1000}},
      {"bytes=-1,-2", 1000, kWhole, {0, 1000}},
      {"bytes=a-b", 1000, kWhole, {0, 1000}},
      {"bytes=0x1-2", 1000, kWhole, {0, 1000}},
      {"bytes=+1-2", 1000, kWhole, {0, 1000}},
      {"bytes=1--2", 1000, kWhole, {0, 1000}},
      {"bytes=--1", 1000, kWhole, {0, 1000}},
      {"bytes 0-1", 1000, kWhole, {0, 1000}},
      {"pieces=0-1", 1000, kWhole, {0, 1000}},
  };
  for (const RangeCase& c : cases) {
    const RangeResult result = ParseRange(c.value, c.total);
    EXPECT_EQ(result.answer, c.answer) << c.value << " of " << c.total;
    EXPECT_EQ(result.range, c.range) << c.value << " of " << c.total;
  }
}

TEST(ParseRangeTest, HoldsAtTheEndOfNumbers) {
  EXPECT_EQ(ParseRange("bytes=0-18446744073709551614", kMax).range, (ByteRange{0, kMax}));
  EXPECT_EQ(ParseRange("bytes=18446744073709551614-", kMax).range, (ByteRange{kMax - 1, kMax}));
}

TEST(RequestedRangeTest, CountsForGetOnly) {
  RawRequest raw = GoodRequestWith("Range", "bytes=1-2");
  EXPECT_EQ(RequestedRange(Checked(raw), ""), (RangeSpec{1, 2, std::nullopt}));
  raw.method = "HEAD";
  EXPECT_EQ(RequestedRange(Checked(raw), ""), std::nullopt);
  EXPECT_EQ(RequestedRange(Checked(GoodRequest()), ""), std::nullopt);
}

TEST(RequestedRangeTest, TwoHeadersAreNone) {
  RawRequest raw = GoodRequestWith("Range", "bytes=1-2");
  raw.headers.Add("Range", "bytes=3-4");
  EXPECT_EQ(RequestedRange(Checked(raw), ""), std::nullopt);
}

TEST(RequestedRangeTest, IfRangeMustNameTheVeryBytes) {
  RawRequest raw = GoodRequestWith("Range", "bytes=1-2");
  raw.headers.Add("If-Range", "\"v1\"");
  EXPECT_TRUE(RequestedRange(Checked(raw), "\"v1\"").has_value());
  EXPECT_FALSE(RequestedRange(Checked(raw), "\"v2\"").has_value());
  EXPECT_FALSE(RequestedRange(Checked(raw), "").has_value());
  raw.headers.Set("If-Range", "W/\"v1\"");
  EXPECT_FALSE(RequestedRange(Checked(raw), "W/\"v1\"").has_value());
}

TEST(ContentRangeTest, IsInclusive) {
  EXPECT_EQ(ContentRange({0, 100}, 1000), "bytes 0-99/1000");
  EXPECT_EQ(ContentRangeUnsatisfiable(1000), "bytes */1000");
}

}  // namespace
}  // namespace shoal::proxy
