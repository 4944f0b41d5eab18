#include "tracker/service/zone_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/grpc/ip_address.h"
#include "tracker/membership/zone.h"

namespace shoal::service {
namespace {

using ::testing::HasSubstr;

class ZoneSourceTest : public ::testing::Test {
 protected:
  ~ZoneSourceTest() override { std::filesystem::remove(path_); }

  void Write(absl::string_view contents) {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file << contents;
  }

  static std::uint16_t ZoneOf(const ZoneSource& source, absl::string_view address) {
    return source.ZoneOf(*ParseAddress(address));
  }

  const std::string path_ = ::testing::TempDir() + absl::StrCat("zones-", getpid());
};

TEST_F(ZoneSourceTest, WithoutAFilePrefixesAreZones) {
  ZoneSource source("");
  EXPECT_TRUE(source.Reload().ok());
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), 0x0a01);
}

TEST_F(ZoneSourceTest, WhatTheFileDoesNotKnowHasAZoneOfItsPrefix) {
  Write("10.0.0.0/8 here\n");
  ZoneSource source(path_);
  ASSERT_TRUE(source.Reload().ok());
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), ZoneNumberOf("here"));
  EXPECT_GE(ZoneOf(source, "11.1.2.3"), ZoneFinder::kZonesEnd);
  EXPECT_EQ(ZoneOf(source, "11.1.2.3"), ZoneOf(source, "11.1.9.9"));
  EXPECT_NE(ZoneOf(source, "11.1.2.3"), ZoneOf(source, "11.2.2.3"));
}

TEST_F(ZoneSourceTest, ReadsTheFileAnew) {
  Write("10.0.0.0/8 here\n");
  ZoneSource source(path_);
  ASSERT_TRUE(source.Reload().ok());
  Write("10.0.0.0/8 there\n");
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), ZoneNumberOf("here"));
  ASSERT_TRUE(source.Reload().ok());
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), ZoneNumberOf("there"));
}

TEST_F(ZoneSourceTest, AWrongFileChangesNothing) {
  Write("10.0.0.0/8 here\n");
  ZoneSource source(path_);
  ASSERT_TRUE(source.Reload().ok());
  Write("10.0.0.0/8 here\nnonsense\n");
  const absl::Status status = source.Reload();
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_ + ": line 2: "));
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), ZoneNumberOf("here"));
  std::filesystem::remove(path_);
  EXPECT_THAT(std::string(source.Reload().message()), HasSubstr("No such file"));
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), ZoneNumberOf("here"));
}

#ifdef SHOAL_WITH_MAXMINDDB

// The pieces of a database, as its format lays them out.
std::string Text(absl::string_view text) {
  return absl::StrCat(std::string(1, static_cast<char>(2 << 5 | text.size())), text);
}
std::string Number(int type, std::uint8_t value) {
  if (type <= 7) return {static_cast<char>(type << 5 | 1), static_cast<char>(value)};
  return {1, static_cast<char>(type - 7), static_cast<char>(value)};
}
std::string Map(int pairs, absl::string_view contents) {
  return absl::StrCat(std::string(1, static_cast<char>(7 << 5 | pairs)), contents);
}

constexpr int kUint16 = 5;
constexpr int kUint32 = 6;
constexpr int kUint64 = 9;

// A database that knows 10.0.0.0/8 alone, by `entry`.
std::string DatabaseWith(absl::string_view entry) {
  constexpr int kNodes = 8;  // one for each bit of the prefix
  std::string tree;
  const auto put = [&tree](int record) {
    tree += {static_cast<char>(record >> 16), static_cast<char>(record >> 8),
             static_cast<char>(record)};
  };
  for (int bit = 0; bit < kNodes; ++bit) {
    const int next = bit + 1 == kNodes ? kNodes + 16 : bit + 1;  // the entry, or the next bit
    const bool one = (10 >> (7 - bit) & 1) != 0;
    put(one ? kNodes : next);
    put(one ? next : kNodes);
  }
  const std::string metadata = Map(
      9, absl::StrCat(Text("node_count"), Number(kUint32, kNodes), Text("record_size"),
                      Number(kUint16, 24), Text("ip_version"), Number(kUint16, 4),
                      Text("database_type"), Text("Test"), Text("languages"),
                      std::string("\0\x04", 2), Text("binary_format_major_version"),
                      Number(kUint16, 2), Text("binary_format_minor_version"), Number(kUint16, 1),
                      Text("build_epoch"), Number(kUint64, 1), Text("description"), Map(0, "")));
  return absl::StrCat(tree, std::string(16, '\0'), entry, "\xab\xcd\xefMaxMind.com", metadata);
}

TEST_F(ZoneSourceTest, ReadsDatabases) {
  ZoneSource source(path_);
  Write(DatabaseWith(Map(1, absl::StrCat(Text("autonomous_system_number"), Number(kUint32, 42)))));
  ASSERT_TRUE(source.Reload().ok()) << source.Reload();
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), ZoneNumberOf("as42"));
  EXPECT_GE(ZoneOf(source, "11.1.2.3"), ZoneFinder::kZonesEnd);
  EXPECT_GE(ZoneOf(source, "2001:db8::1"), ZoneFinder::kZonesEnd);
}

TEST_F(ZoneSourceTest, ACityIsNearerThanItsCountry) {
  const std::string country = absl::StrCat(Text("country"), Map(1, Text("iso_code") + Text("FI")));
  const std::string city =
      absl::StrCat(Text("city"), Map(1, Text("geoname_id") + Number(kUint32, 7)));
  ZoneSource source(path_);
  Write(DatabaseWith(Map(1, country)));
  ASSERT_TRUE(source.Reload().ok());
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), ZoneNumberOf("FI-"));
  std::filesystem::remove(path_);  // it is mapped: not to be written over
  Write(DatabaseWith(Map(2, country + city)));
  ASSERT_TRUE(source.Reload().ok());
  EXPECT_EQ(ZoneOf(source, "10.1.2.3"), ZoneNumberOf("city7"));
}

TEST_F(ZoneSourceTest, AnEntryWithoutAPlaceIsNone) {
  ZoneSource source(path_);
  Write(DatabaseWith(Map(1, Text("country") + Text("FI"))));
  ASSERT_TRUE(source.Reload().ok());
  EXPECT_GE(ZoneOf(source, "10.1.2.3"), ZoneFinder::kZonesEnd);
}

TEST_F(ZoneSourceTest, ADatabaseCutOffIsAnError) {
  const std::string whole = DatabaseWith(Map(1, Text("country") + Text("FI")));
  ZoneSource source(path_);
  Write(whole.substr(0, whole.size() - 20));
  EXPECT_FALSE(source.Reload().ok());
}

#endif

}  // namespace
}  // namespace shoal::service
