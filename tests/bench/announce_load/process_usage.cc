#include "tests/bench/announce_load/process_usage.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace shoal::bench {

std::optional<ProcessUsage> ReadProcessUsage(int pid) {
  std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  if (!std::getline(stat, text) || text.rfind(')') == std::string::npos) return std::nullopt;
  // From field 3 on; the name before may contain anything.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;

  std::ifstream statm(absl::StrCat("/proc/", pid, "/statm"));
  std::uint64_t size_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> size_pages >> resident_pages;
  if (!fields || !statm) return std::nullopt;
  return ProcessUsage{
      .cpu_s = (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)),
      .resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

}  // namespace shoal::bench
