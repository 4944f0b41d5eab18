#include "common/base/quantity.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal {
namespace {

TEST(ParseBitRateTest, ReturnsBytesPerSecond) {
  EXPECT_EQ(*ParseBitRate("8Mbit"), 1'000'000u);
  EXPECT_EQ(*ParseBitRate("8mbit/s"), 1'000'000u);
  EXPECT_EQ(*ParseBitRate("1.5kbit"), 187u);
  EXPECT_EQ(*ParseBitRate("1Gbit"), 125'000'000u);
  EXPECT_EQ(*ParseBitRate("0"), 0u);
}

TEST(ParseBitRateTest, RefusesOtherUnits) {
  for (absl::string_view text : {"8", "8Mb", "8MB", "8 Mbit", "Mbit", "8Mbit/m", "/s"}) {
    EXPECT_FALSE(ParseBitRate(text).ok()) << text;
  }
}

TEST(ParseByteSizeTest, KnowsThousandsAndPowersOfTwo) {
  EXPECT_EQ(*ParseByteSize("20MiB"), 20u << 20);
  EXPECT_EQ(*ParseByteSize("20MB"), 20'000'000u);
  EXPECT_EQ(*ParseByteSize("0.5KiB"), 512u);
  EXPECT_EQ(*ParseByteSize("12"), 12u);
  EXPECT_EQ(*ParseByteSize("12b"), 12u);
}

TEST(ParseDurationTest, KnowsItsUnits) {
  EXPECT_EQ(*ParseDuration("500ms"), Milliseconds(500));
  EXPECT_EQ(*ParseDuration("1.5s"), Milliseconds(1500));
  EXPECT_EQ(*ParseDuration("2min"), Seconds(120));
  EXPECT_EQ(*ParseDuration("1h"), Seconds(3600));
  EXPECT_EQ(*ParseDuration("7us"), Microseconds(7));
  EXPECT_EQ(*ParseDuration("0"), Duration());
  EXPECT_FALSE(ParseDuration("5").ok());
  EXPECT_FALSE(ParseDuration("5m").ok());
}

TEST(ParseQuantityTest, RefusesWhatIsNoPlainNumber) {
  for (absl::string_view text : {"", "-1B", "+1B", "1e3B", ".5B", "5.B", "1.2.3B", "0x1B", "infB",
                                 "nanB", " 1B", "1B ", "1,5B"}) {
    EXPECT_FALSE(ParseByteSize(text).ok()) << text;
  }
}

TEST(ParseQuantityTest, RefusesWhatIsTooLarge) {
  EXPECT_TRUE(ParseByteSize("900000GiB").ok());
  EXPECT_FALSE(ParseByteSize("1000000GiB").ok());
  EXPECT_FALSE(ParseByteSize(std::string(39, '9') + "B").ok());
  EXPECT_FALSE(ParseByteSize(std::string(100'000, '9')).ok());
}

TEST(ParseQuantityTest, MessagesNameTheTextAndTheUnits) {
  EXPECT_EQ(ParseDuration("5m").status().message(),
            "\"5m\" is not a duration: a number directly followed by us, ms, s, min, h");
}

TEST(FormatQuantityTest, IsShortAndReadsBack) {
  EXPECT_EQ(FormatBitRate(1'000'000), "8Mbit");
  EXPECT_EQ(FormatByteSize(20u << 20), "20MiB");
  EXPECT_EQ(FormatByteSize(64'000), "64kB");
  EXPECT_EQ(FormatByteSize(1000001), "1000001B");
  EXPECT_EQ(FormatDuration(Milliseconds(500)), "500ms");
  EXPECT_EQ(FormatDuration(Duration()), "0");
  for (std::uint64_t bytes : {1ull, 999ull, 1024ull, 1536ull, 123456789ull, 5ull << 30}) {
    EXPECT_EQ(*ParseByteSize(FormatByteSize(bytes)), bytes);
    EXPECT_EQ(*ParseBitRate(FormatBitRate(bytes)), bytes);
  }
}

}  // namespace
}  // namespace shoal
