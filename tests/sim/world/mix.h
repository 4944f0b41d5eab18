// Numbers that follow from other numbers as if by chance: what a seed decides without being asked
// in any order. (splitmix64's finaliser, Steele, Lea and Flood 2014.) Threads: any.
#ifndef SHOAL_TESTS_SIM_WORLD_MIX_H_
#define SHOAL_TESTS_SIM_WORLD_MIX_H_

#include <cstdint>

namespace shoal::sim {

constexpr std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}
constexpr std::uint64_t Mix(std::uint64_t x, std::uint64_t y) { return Mix(Mix(x) ^ y); }
constexpr std::uint64_t Mix(std::uint64_t x, std::uint64_t y, std::uint64_t z) {
  return Mix(Mix(x, y) ^ z);
}

// As a number in [0, 1).
constexpr double ToUnit(std::uint64_t x) { return static_cast<double>(x >> 11) * 0x1.0p-53; }

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_MIX_H_
