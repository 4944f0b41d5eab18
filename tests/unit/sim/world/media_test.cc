#include "tests/sim/world/media.h"

#include <gtest/gtest.h>

namespace shoal::sim {
namespace {

TimePoint At(double s) { return TimePoint(Seconds(s)); }

TEST(Media, ListsASegmentOnceItIsComplete) {
  Scenario scenario;  // segments of 2 s, six listed
  const Media media(scenario);
  EXPECT_EQ(media.ListedAt(At(0)).limit, Media::kFirst);
  EXPECT_EQ(media.ListedAt(At(1.9)).limit, Media::kFirst);
  EXPECT_EQ(media.ListedAt(At(2)).limit, Media::kFirst + 1);
  EXPECT_EQ(media.ListedAt(At(2)).size(), 6u);
  EXPECT_EQ(media.TakenAt(Media::kFirst), At(0));
  EXPECT_FALSE(media.ListedAt(At(2)).ended);
}

TEST(Media, ListsAllOfWhatIsOnDemand) {
  Scenario scenario;
  scenario.stream.vod_segments = 30;
  const Media media(scenario);
  const Listing listing = media.ListedAt(At(0));
  EXPECT_EQ(listing.first, 0u);
  EXPECT_EQ(listing.limit, 30u);
  EXPECT_TRUE(listing.ended);
}

TEST(Media, VariesLengthsWithinTheJitter) {
  Scenario scenario;  // 250 kB/s, so 500 kB, by up to a tenth
  const Media media(scenario);
  double sum = 0;
  for (std::uint64_t s = 0; s < 1000; ++s) {
    const auto length = static_cast<double>(media.Length(0, s));
    EXPECT_GE(length, 450e3);
    EXPECT_LE(length, 550e3);
    sum += length;
  }
  EXPECT_NEAR(sum / 1000, 500e3, 5e3);
}

TEST(Media, GivesEachSegmentOfEachRenditionAKeyOfItsOwn) {
  Scenario scenario;
  scenario.stream.renditions = {{.bytes_per_second = 100e3}, {.bytes_per_second = 200e3}};
  const Media media(scenario);
  EXPECT_EQ(media.Key(0, 5), media.Key(0, 5));
  EXPECT_NE(media.Key(0, 5), media.Key(0, 6));
  EXPECT_NE(media.Key(0, 5), media.Key(1, 5));
  EXPECT_NE(media.Swarm(0), media.Swarm(1));
}

}  // namespace
}  // namespace shoal::sim
