// --ignore-path: takes out of a URI path what differs from viewer to viewer (session tokens), so
// that viewers who see the same file under different paths count as watching the same one.
//
// The operator supplies the expression, the network supplies the paths. Matching uses libstdc++'s
// polynomial mode: no backtracking, hence no expression on which a hostile path takes exponential
// time, and no recursion that grows with the path; back-references are refused. The price is that
// of alternatives the longest counts, not the first. Paths over kFilteredPathBytesMax are not
// filtered at all.
// Ownership: copies share the compiled expression. Threads: const methods from any.
#ifndef SHOAL_CLIENT_HLS_PATH_FILTER_H_
#define SHOAL_CLIENT_HLS_PATH_FILTER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace shoal::hls {

inline constexpr std::size_t kFilteredPathBytesMax = 2048;
inline constexpr std::size_t kIgnorePathBytesMax = 1024;

class PathFilter {
 public:
  // Removes nothing.
  PathFilter() = default;

  // `expression`: ECMAScript syntax, matched anywhere in the path. Empty removes nothing.
  static absl::StatusOr<PathFilter> Compile(absl::string_view expression);

  // `path` without any match, leftmost first.
  std::string Apply(absl::string_view path) const;

 private:
  struct Expression;
  std::shared_ptr<const Expression> expression_;
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_PATH_FILTER_H_
