#include "tests/bench/announce_load/process_usage.h"

#include <time.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace shoal::bench {

std::optional<ProcessUsage> ReadProcessUsage(int pid) {
  // 0 would be this process.
  clockid_t clock = 0;
  timespec used{};
  if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    return std::nullopt;
  }
  std::ifstream statm(absl::StrCat("/proc/", pid, "/statm"));
  std::uint64_t size_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> size_pages >> resident_pages;
  if (!statm) return std::nullopt;
  return ProcessUsage{
      .cpu_s = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9,
      .resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

}  // namespace shoal::bench
