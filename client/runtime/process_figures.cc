#include "client/runtime/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace shoal::runtime {
namespace {

Duration DurationOf(const timeval& time) {
  return Microseconds(std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec);
}

}  // namespace

ProcessFigures ReadProcessFigures() {
  ProcessFigures figures;
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size_pages = 0;
  std::uint64_t resident_pages = 0;
  if (statm >> size_pages >> resident_pages) {
    figures.resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.resident_bytes_max = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    figures.cpu = DurationOf(usage.ru_utime) + DurationOf(usage.ru_stime);
  }
  return figures;
}

}  // namespace shoal::runtime
