// A digest of all that cores decide: equal runs have equal ones, and runs that differ in one action
// most likely do not. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_TRACE_H_
#define SHOAL_TESTS_SIM_WORLD_TRACE_H_

#include <cstdint>

#include "client/core/actions.h"
#include "common/time/time.h"

namespace shoal::sim {

class Trace {
 public:
  void Add(std::uint32_t viewer, const core::Action& action, TimePoint now);
  std::uint64_t digest() const { return digest_; }

 private:
  void Add(std::uint64_t value);

  std::uint64_t digest_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_TRACE_H_
