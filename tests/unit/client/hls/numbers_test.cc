#include "client/hls/numbers.h"

#include <gtest/gtest.h>

#include <limits>

namespace shoal::hls {
namespace {

TEST(ParseDecimalIntegerTest, ReadsDigits) { EXPECT_EQ(ParseDecimalInteger("0042"), 42u); }

TEST(ParseDecimalIntegerTest, ReachesTheLargestValue) {
  EXPECT_EQ(ParseDecimalInteger("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(ParseDecimalIntegerTest, RefusesOverflow) {
  EXPECT_EQ(ParseDecimalInteger("18446744073709551616"), std::nullopt);
}

TEST(ParseDecimalIntegerTest, RefusesAnythingButDigits) {
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "١"}) {
    EXPECT_EQ(ParseDecimalInteger(text), std::nullopt) << text;
  }
}

TEST(ParseDecimalSecondsTest, ReadsWholeAndFraction) {
  EXPECT_EQ(ParseDecimalSeconds("5.005"), Microseconds(5'005'000));
}

TEST(ParseDecimalSecondsTest, ReadsEitherPartAlone) {
  EXPECT_EQ(ParseDecimalSeconds("6."), Seconds(6));
  EXPECT_EQ(ParseDecimalSeconds(".5"), Milliseconds(500));
}

TEST(ParseDecimalSecondsTest, CutsBelowMicroseconds) {
  EXPECT_EQ(ParseDecimalSeconds("0.12345678901234567890"), Microseconds(123'456));
}

TEST(ParseDecimalSecondsTest, RefusesWhatIsNoDecimal) {
  for (const char* text : {"", ".", "-1", "1,5", "1e1", "inf", "nan", "1.2.3", " 1", "0x1p3"}) {
    EXPECT_EQ(ParseDecimalSeconds(text), std::nullopt) << text;
  }
}

TEST(ParseDecimalSecondsTest, RefusesWhatExceedsDuration) {
  EXPECT_EQ(ParseDecimalSeconds("9223372036855"), std::nullopt);
  EXPECT_EQ(ParseDecimalSeconds("99999999999999999999999999"), std::nullopt);
}

TEST(ParseSignedSecondsTest, ReadsANegativeTime) {
  EXPECT_EQ(ParseSignedSeconds("-12.5"), -Milliseconds(12'500));
}

TEST(ParseSignedSecondsTest, RefusesTwoSigns) {
  EXPECT_EQ(ParseSignedSeconds("--1"), std::nullopt);
}

TEST(ParseHexSequenceTest, ReadsBytes) {
  EXPECT_EQ(ParseHexSequence("0x00fF10"), std::string("\x00\xFF\x10", 3));
}

TEST(ParseHexSequenceTest, RefusesWhatIsNoHexSequence) {
  for (const char* text : {"", "0x", "00ff", "0x0", "0xzz", "0x00 "}) {
    EXPECT_EQ(ParseHexSequence(text), std::nullopt) << text;
  }
}

TEST(ParseResolutionTest, ReadsWidthAndHeight) {
  EXPECT_EQ(ParseResolution("1920x1080"), (Resolution{1920, 1080}));
}

TEST(ParseResolutionTest, RefusesWhatIsNoResolution) {
  for (const char* text : {"", "x", "1920", "1920x", "1920X1080", "1x2x3", "4294967296x1"}) {
    EXPECT_EQ(ParseResolution(text), std::nullopt) << text;
  }
}

TEST(ParseDateTimeTest, ReadsUtc) {
  EXPECT_EQ(ParseDateTime("1970-01-02T00:00:01.250Z"), Milliseconds(86'401'250));
}

TEST(ParseDateTimeTest, SubtractsTheZone) {
  const std::optional<Duration> utc = ParseDateTime("2010-02-19T14:54:23.031Z");
  ASSERT_TRUE(utc.has_value());
  EXPECT_EQ(ParseDateTime("2010-02-19T22:54:23.031+08:00"), utc);
  EXPECT_EQ(ParseDateTime("2010-02-19T09:24:23.031-0530"), utc);
  EXPECT_EQ(ParseDateTime("2010-02-19T15:54:23.031+01"), utc);
}

TEST(ParseDateTimeTest, CountsNoZoneAsUtc) {
  EXPECT_EQ(ParseDateTime("1970-01-01T00:01:00"), Seconds(60));
}

TEST(ParseDateTimeTest, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "2010", "2010-02-30T00:00:00Z", "2010-13-01T00:00:00Z", "2010-01-01 00:00:00Z",
        "2010-01-01T24:00:00Z", "2010-01-01T00:60:00Z", "2010-01-01T00:00:00.Z",
        "2010-01-01T00:00:00Zulu", "2010-01-01T00:00:00+1", "2010-01-01T00:00:00+01:99"}) {
    EXPECT_EQ(ParseDateTime(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace shoal::hls
