// How a transfer comes from an idle CDN, as world/cdn_model.h has it: in flights that double with each
// round trip. For what every client has measured once it plays.
//
// Threads: any.
#ifndef SHOAL_TESTS_SIM_REDUCED_SLOW_START_H_
#define SHOAL_TESTS_SIM_REDUCED_SLOW_START_H_

#include <cstdint>
#include <vector>

#include "common/time/time.h"

namespace shoal::sim::reduced {

struct Arrival {
  Duration at{};  // after it was asked for
  std::uint32_t bytes = 0;
};

// `length` bytes over a line of `down` bytes per second, in order of time.
std::vector<Arrival> SlowStart(Duration first_byte, double down, std::uint64_t length);

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_SLOW_START_H_
