// EXT-X-DEFINE variables and the substitution of {$name} (RFC 8216bis, sections 4.3 and 4.4.2.3).
#ifndef SHOAL_CLIENT_HLS_VARIABLES_H_
#define SHOAL_CLIENT_HLS_VARIABLES_H_

#include <cstddef>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/hls/parse_limits.h"

namespace shoal::hls {

class AttributeList;

// By name.
using VariableMap = absl::btree_map<std::string, std::string>;

// Where variables come from that a playlist does not define by itself.
struct VariableSources {
  // The URL that the playlist was finally loaded from, after redirects: for QUERYPARAM. May be
  // empty; then there are no query parameters.
  std::string playlist_url;
  // The variables of the multivariant playlist that led to this one (MultivariantPlaylist::
  // variables): for IMPORT.
  VariableMap imports;
};

// The variables of one playlist while it is read from top to bottom: a variable can be used only
// below its definition. Counts what substitution has produced, and refuses when that exceeds
// `limits`, for a few bytes of playlist can stand for very many.
// Ownership: borrows `sources` and `limits`. Threads: not thread-safe.
class VariableScope {
 public:
  VariableScope(const VariableSources& sources, const ParseLimits& limits)
      : sources_(sources), limits_(limits) {}

  // Takes in one EXT-X-DEFINE tag. On error no variable is added.
  absl::Status Define(const AttributeList& attributes);

  // `text` with each {$name} replaced by its value. What does not have that form stays.
  absl::StatusOr<std::string> Substitute(absl::string_view text);

  const VariableMap& variables() const { return variables_; }

 private:
  absl::Status Insert(absl::string_view name, std::string value);
  // Counts one more substitution; false when that is too much.
  bool Spend(std::size_t bytes);

  const VariableSources& sources_;
  const ParseLimits& limits_;
  VariableMap variables_;
  std::size_t definitions_ = 0;  // also those that failed: they cost time, too
  std::size_t substituted_bytes_ = 0;
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_VARIABLES_H_
