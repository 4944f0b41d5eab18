// How both programs log: spdlog, one line a message, to standard error.
//
//   2026-03-01T12:00:00.123Z info shoal-tracker 0.1.0 listens on port 7070 ([::]:7070)
//
// Call spdlog::info("…") and its kin anywhere; each line is out when the call returns. Threads: any.
#ifndef SHOAL_COMMON_CLI_LOGGING_H_
#define SHOAL_COMMON_CLI_LOGGING_H_

#include <string>

#include "common/cli/program_options.h"

namespace shoal {

// Adds --log-level (trace, debug, info, warn, error or off) to `options`; `level` receives the
// word.
void AddLogLevelOption(ProgramOptions& options, std::string& level);

// Makes spdlog's default logger write as above from `level` on. Call once, after the options are
// known and before the first thread. REQUIRES: `level` is a word that AddLogLevelOption admits.
void StartLogging(const std::string& level);

}  // namespace shoal

#endif  // SHOAL_COMMON_CLI_LOGGING_H_
