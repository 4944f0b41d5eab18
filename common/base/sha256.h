// SHA-256 (FIPS 180-4) over a list of byte strings, as if they were one. Threads: any.
#ifndef SHOAL_COMMON_BASE_SHA256_H_
#define SHOAL_COMMON_BASE_SHA256_H_

#include <array>
#include <cstdint>
#include <initializer_list>

#include "absl/strings/string_view.h"

namespace shoal {

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest Sha256(std::initializer_list<absl::string_view> parts);

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_SHA256_H_
