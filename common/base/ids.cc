#include "common/base/ids.h"

#include "absl/strings/escaping.h"

namespace shoal {

std::string ToHex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

}  // namespace shoal
