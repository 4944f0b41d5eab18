#include "client/core/token_bucket.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "common/random/random.h"
#include "gtest/gtest.h"

namespace shoal::core {
namespace {

constexpr TimePoint kStart{Seconds(50)};

TEST(TokenBucket, LetsItsDepthPassAtOnceAndNoMore) {
  TokenBucket bucket(1000, 100);
  EXPECT_FALSE(bucket.Take(101, kStart));
  EXPECT_TRUE(bucket.Take(100, kStart));
  EXPECT_FALSE(bucket.Take(1, kStart));
}

TEST(TokenBucket, FillsAtItsRateUpToItsDepth) {
  TokenBucket bucket(1000, 100);
  ASSERT_TRUE(bucket.Take(100, kStart));
  EXPECT_FALSE(bucket.Take(51, kStart + Milliseconds(50)));
  EXPECT_TRUE(bucket.Take(50, kStart + Milliseconds(50)));
  EXPECT_FALSE(bucket.Take(101, kStart + Seconds(100)));
  EXPECT_TRUE(bucket.Take(100, kStart + Seconds(100)));
}

TEST(TokenBucket, SaysWhenBytesMayPass) {
  TokenBucket bucket(1000, 100);
  EXPECT_EQ(bucket.When(100, kStart), kStart);
  ASSERT_TRUE(bucket.Take(100, kStart));
  const TimePoint when = bucket.When(30, kStart);
  EXPECT_FALSE(TokenBucket(bucket).Take(30, when - Microseconds(2)));
  EXPECT_TRUE(TokenBucket(bucket).Take(30, when));
}

TEST(TokenBucket, NeverPassesMoreThanRateTimesTimeAndDepth) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed=" << seed);
    Random random(seed);
    const double rate = random.Uniform(1000.0, 1e7);
    const double depth = rate * 0.05;
    TokenBucket bucket(rate, depth);
    TimePoint now = kStart;
    // What passed so far, at each time: any two points bound an interval.
    std::vector<std::pair<TimePoint, double>> passed = {{now, 0}};
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t bytes = random.Below(static_cast<std::uint64_t>(depth)) + 1;
      now = random.Below(2) == 0 ? bucket.When(bytes, now)
                                 : now + random.Uniform(Duration{}, Milliseconds(100));
      if (bucket.Take(bytes, now)) {
        passed.emplace_back(now, passed.back().second + static_cast<double>(bytes));
      }
    }
    for (std::size_t end = 1; end < passed.size(); ++end) {
      for (std::size_t begin = 1; begin <= end; ++begin) {
        const double length = ToSeconds(passed[end].first - passed[begin].first);
        ASSERT_LE(passed[end].second - passed[begin - 1].second, rate * length + depth + 1);
      }
    }
  }
}

}  // namespace
}  // namespace shoal::core
