#include "client/runtime/process_figures.h"

#include <sys/resource.h>

#include <fstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace shoal::runtime {
namespace {

Duration DurationOf(const timeval& time) {
  return Microseconds(std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec);
}

// A line such as "VmHWM:     1234 kB"; 0 if it is none of that name.
std::uint64_t KibibytesOf(absl::string_view line, absl::string_view name) {
  std::uint64_t kibibytes = 0;
  if (!absl::ConsumePrefix(&line, name) || !absl::ConsumeSuffix(&line, " kB") ||
      !absl::SimpleAtoi(line, &kibibytes)) {
    return 0;
  }
  return kibibytes;
}

}  // namespace

ProcessFigures ReadProcessFigures() {
  ProcessFigures figures;
  // Not from getrusage, whose largest size is also that of whoever forked this process.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    figures.resident_bytes += KibibytesOf(line, "VmRSS:") * 1024;
    figures.resident_bytes_max += KibibytesOf(line, "VmHWM:") * 1024;
  }
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.cpu = DurationOf(usage.ru_utime) + DurationOf(usage.ru_stime);
  }
  return figures;
}

}  // namespace shoal::runtime
