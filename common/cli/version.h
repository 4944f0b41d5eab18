// The version of Shoal, as `--version` prints it. Threads: any.
#ifndef SHOAL_COMMON_CLI_VERSION_H_
#define SHOAL_COMMON_CLI_VERSION_H_

#include "absl/strings/string_view.h"

namespace shoal {

// "0.1.0".
absl::string_view Version();

}  // namespace shoal

#endif  // SHOAL_COMMON_CLI_VERSION_H_
