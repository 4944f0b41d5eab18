// What a process of this machine has used, as the kernel counts it. Threads: any.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_PROCESS_USAGE_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_PROCESS_USAGE_H_

#include <cstdint>
#include <optional>

namespace shoal::bench {

struct ProcessUsage {
  double cpu_s = 0;  // user and system, of all threads, since it started; to a microsecond
  std::uint64_t resident_bytes = 0;
};

// nullopt: there is no such process.
std::optional<ProcessUsage> ReadProcessUsage(int pid);

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_PROCESS_USAGE_H_
