// What this process costs the machine, as Linux counts it. Threads: any.
#ifndef SHOAL_CLIENT_RUNTIME_PROCESS_FIGURES_H_
#define SHOAL_CLIENT_RUNTIME_PROCESS_FIGURES_H_

#include <cstdint>

#include "common/time/time.h"

namespace shoal::runtime {

struct ProcessFigures {
  std::uint64_t resident_bytes = 0;  // now; 0 if /proc cannot be read
  std::uint64_t resident_bytes_max = 0;
  Duration cpu{};  // user and system
};

ProcessFigures ReadProcessFigures();

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_PROCESS_FIGURES_H_
