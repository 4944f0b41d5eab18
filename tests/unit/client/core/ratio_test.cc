#include "client/core/ratio.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace shoal::core {
namespace {

constexpr PieceOutcome kOffered{.obtained = 1};
constexpr PieceOutcome kMissed{.handed_off = true};
constexpr PieceOutcome kTaken{.sent = 2};
constexpr PieceOutcome kInVain{};

SwarmView Of(std::uint32_t swarm_size) { return {.swarm_size = swarm_size}; }

// Tells the policy the same outcome of piece 0 so many times.
void Play(RatioPolicy& policy, const PieceOutcome& outcome, int times, std::uint32_t swarm = 2) {
  const std::vector<PieceOutcome> outcomes = {outcome};
  for (int i = 0; i < times; ++i) policy.SegmentPlayed(outcomes, Of(swarm));
}

std::optional<Duration> DelayOf(const RatioPolicy& policy, PieceIndex piece) {
  return policy.SeedDelay({*SegmentKey::FromBytes("segment1"), piece, 9}, Of(2), Duration{});
}

TEST(Ratio, SeedsNothingAtFirst) { EXPECT_EQ(DelayOf(RatioPolicy(1), 0), std::nullopt); }

TEST(Ratio, SeedsAtOnceWhatNobodyOffered) {
  RatioPolicy policy(1);
  Play(policy, kMissed, 20);
  EXPECT_EQ(DelayOf(policy, 0), Duration{});
  EXPECT_EQ(DelayOf(policy, 1), std::nullopt);
}

TEST(Ratio, LeavesAloneWhatOthersOffer) {
  RatioPolicy policy(1);
  Play(policy, kOffered, 50);
  EXPECT_FALSE(policy.Lists(0));
}

TEST(Ratio, LeavesAloneWhatWasHandedOffHalfObtained) {
  RatioPolicy policy(1);
  Play(policy, {.obtained = RatioPolicy::kLow, .handed_off = true}, 50);
  EXPECT_FALSE(policy.Lists(0));
}

TEST(Ratio, KeepsWhatOthersTake) {
  RatioPolicy policy(1);
  Play(policy, kMissed, 20);
  Play(policy, kTaken, 50);
  EXPECT_TRUE(policy.Lists(0));
}

TEST(Ratio, DropsWhatNobodyTakes) {
  RatioPolicy policy(1);
  Play(policy, kMissed, 20);
  Play(policy, kInVain, 20);
  EXPECT_FALSE(policy.Lists(0));
}

TEST(Ratio, OfManyWhoMissAPieceFewBeginToSeedIt) {
  constexpr std::uint32_t kSwarm = 1000;
  int seeders = 0;
  for (std::uint32_t i = 0; i < kSwarm; ++i) {
    RatioPolicy policy(i);
    Play(policy, kMissed, 1, kSwarm);
    seeders += policy.Lists(0);
  }
  // Binomial, mean 1.5: more than 10 once in some millions of runs; none in 22 %.
  EXPECT_LE(seeders, 10);
  int in_ten_segments = 0;
  for (std::uint32_t i = 0; i < kSwarm; ++i) {
    RatioPolicy policy(i);
    Play(policy, kMissed, 10, kSwarm);
    in_ten_segments += policy.Lists(0);
  }
  EXPECT_GT(in_ten_segments, 0);
}

TEST(Ratio, OfManyWhoSeedInVainNotAllStopAtOnce) {
  int seeders = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    RatioPolicy policy(i);
    Play(policy, kMissed, 30, 1);
    Play(policy, kInVain, 1);
    seeders += policy.Lists(0);
  }
  EXPECT_GT(seeders, 25);  // five standard deviations around one half
  EXPECT_LT(seeders, 75);
}

}  // namespace
}  // namespace shoal::core
