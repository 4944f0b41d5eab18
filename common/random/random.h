// The only source of randomness: a generator whose numbers follow from its seed alone, alike on all
// machines and compilers (xoshiro256**, Blackman and Vigna 2018; seeded by splitmix64). Not for
// secrets. Threads: not thread-safe.
#ifndef SHOAL_COMMON_RANDOM_RANDOM_H_
#define SHOAL_COMMON_RANDOM_RANDOM_H_

#include <array>
#include <cstdint>

#include "common/time/time.h"

namespace shoal {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t Next();
  // Uniform in [0, limit). REQUIRES: limit > 0.
  std::uint64_t Below(std::uint64_t limit);
  // Uniform in [0, 1).
  double Uniform();
  // Uniform in [low, high).
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  Duration Uniform(Duration low, Duration high);
  // Exponential with the given mean.
  double Exponential(double mean);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace shoal

#endif  // SHOAL_COMMON_RANDOM_RANDOM_H_
