// Writing a small file so that readers see either all of it or the one before. Threads: any.
#ifndef SHOAL_COMMON_BASE_ATOMIC_FILE_H_
#define SHOAL_COMMON_BASE_ATOMIC_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace shoal {

// Writes `contents` to a new file beside `path`, with permission bits `mode`, and renames it to
// `path`. On an error, which names the path, `path` is as it was.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents,
                                 int mode = 0644);

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_ATOMIC_FILE_H_
