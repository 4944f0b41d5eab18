#include "client/hls/stream_ids.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/sha256.h"

namespace shoal::hls {
namespace {

constexpr SwarmName kName{.protocol_major = 1,
                          .piece_size = 61'440,
                          .name_space = "cdn.example.com",
                          .playlist_path = "/live/720p.m3u8"};

// The digest of bytes laid by hand, as hexadecimal digits.
std::string HashOf(absl::string_view bytes, std::size_t size) {
  const Sha256Digest digest = Sha256({bytes});
  return ToHex({reinterpret_cast<const char*>(digest.data()), size});
}

TEST(MakeSwarmIdTest, HashesTheBytesThatTheHeaderLists) {
  const std::string bytes(
      "\x01\x00\x00\x00"
      "\x00\xF0\x00\x00"
      "cdn.example.com\x00/live/720p.m3u8",
      4 + 4 + 15 + 1 + 15);
  EXPECT_EQ(MakeSwarmId(kName).ToString(), HashOf(bytes, 16));
}

// Computed by another program, so that a change of Sha256 shows as well.
TEST(MakeSwarmIdTest, GivesTheKnownId) {
  EXPECT_EQ(MakeSwarmId(kName).ToString(), "8131660b11f5ac0d3e2e06784058c03b");
}

TEST(MakeSwarmIdTest, DiffersByEveryPartOfTheName) {
  SwarmName other = kName;
  other.protocol_major = 2;
  EXPECT_NE(MakeSwarmId(other), MakeSwarmId(kName));
  other = kName;
  other.piece_size = 1024;
  EXPECT_NE(MakeSwarmId(other), MakeSwarmId(kName));
  other = kName;
  other.name_space = "cdn.example.org";
  EXPECT_NE(MakeSwarmId(other), MakeSwarmId(kName));
  other = kName;
  other.playlist_path = "/live/1080p.m3u8";
  EXPECT_NE(MakeSwarmId(other), MakeSwarmId(kName));
}

TEST(MakeSwarmIdTest, IgnoresWhatTheFilterRemoves) {
  SwarmName tokenised = kName;
  tokenised.playlist_path = "/live/session-42/720p.m3u8";
  EXPECT_EQ(MakeSwarmId(tokenised, *PathFilter::Compile("/session-[0-9]+")), MakeSwarmId(kName));
}

TEST(MakeSegmentKeyTest, HashesPathAndZeroForAWholeResource) {
  EXPECT_EQ(MakeSegmentKey("/live/7.ts", std::nullopt).ToString(),
            HashOf(std::string("/live/7.ts\x00", 11), 8));
  EXPECT_EQ(MakeSegmentKey("/live/7.ts", std::nullopt).ToString(), "1d137699f5849d4a");
}

TEST(MakeSegmentKeyTest, HashesOffsetAndLengthOfASubRange) {
  const std::string bytes(
      "/vod/main.mp4\x00"
      "\xCF\x02\x00\x00\x00\x00\x00\x00"
      "\x46\x01\x00\x00\x00\x00\x00\x00",
      14 + 8 + 8);
  const SegmentKey key = MakeSegmentKey("/vod/main.mp4", ByteRange{719, 719 + 326});
  EXPECT_EQ(key.ToString(), HashOf(bytes, 8));
  EXPECT_EQ(key.ToString(), "1b9e506464be0a5c");
}

TEST(MakeSegmentKeyTest, IgnoresWhatTheFilterRemoves) {
  EXPECT_EQ(MakeSegmentKey("/t/abc/7.ts", std::nullopt, *PathFilter::Compile("^/t/[a-z]+")),
            MakeSegmentKey("/7.ts", std::nullopt));
}

}  // namespace
}  // namespace shoal::hls
