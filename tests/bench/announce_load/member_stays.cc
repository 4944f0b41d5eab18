#include "tests/bench/announce_load/member_stays.h"

#include "common/random/random.h"

namespace shoal::bench {
namespace {

// Spreads seeds out, so that those of one run and its neighbour's have nothing in common.
constexpr std::uint64_t kSeedStride = 0x9e3779b97f4a7c15;
constexpr int kBeforeShift = 32;  // above any place

}  // namespace

void MemberStays::Begin(std::size_t place, TimePoint now) {
  const std::uint64_t who = std::uint64_t{places_[place].before} << kBeforeShift | place;
  Random random(seed_ * kSeedStride + who);
  places_[place].ends = now + Seconds(random.Exponential(ToSeconds(mean_)));
}

}  // namespace shoal::bench
