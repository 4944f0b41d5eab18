// How long virtual members stay: each for a time of its own, exponentially distributed, as viewers
// do. Whoever has left is followed by somebody new, in the same place.
//
// Pure. Reproducible: how long somebody stays follows from the seed, the place, and how many were
// there before. Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_MEMBER_STAYS_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_MEMBER_STAYS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/time/time.h"

namespace shoal::bench {

class MemberStays {
 public:
  // REQUIRES: mean > 0.
  MemberStays(std::size_t places, Duration mean, std::uint64_t seed)
      : mean_(mean), seed_(seed), places_(places) {}

  // Whoever has the place begins to stay.
  void Begin(std::size_t place, TimePoint now);
  // Whether that one is to leave now. REQUIRES: it has begun.
  bool IsOver(std::size_t place, TimePoint now) const { return now >= places_[place].ends; }
  // It has left: the place is somebody else's, who has not begun.
  void Leave(std::size_t place) { ++places_[place].before; }

  // How many had the place before.
  std::uint32_t before(std::size_t place) const { return places_[place].before; }

 private:
  struct Place {
    TimePoint ends{};
    std::uint32_t before = 0;
  };

  const Duration mean_;
  const std::uint64_t seed_;
  std::vector<Place> places_;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_MEMBER_STAYS_H_
