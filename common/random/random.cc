#include "common/random/random.h"

#include <bit>
#include <cmath>

namespace shoal {

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {  // splitmix64
    std::uint64_t z = (seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    word = z ^ (z >> 31);
  }
}

std::uint64_t Random::Next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::Below(std::uint64_t limit) {
  // Rejection keeps it uniform: values below `threshold` would make small results likelier.
  const std::uint64_t threshold = -limit % limit;
  std::uint64_t value = Next();
  while (value < threshold) value = Next();
  return value % limit;
}

double Random::Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

Duration Random::Uniform(Duration low, Duration high) {
  return low +
         Duration(static_cast<std::int64_t>(Uniform() * static_cast<double>((high - low).count())));
}

double Random::Exponential(double mean) { return -mean * std::log1p(-Uniform()); }

}  // namespace shoal
