// What may stand in a playlist's text (RFC 8216, section 4.1). Threads: any.
#ifndef SHOAL_CLIENT_HLS_TEXT_H_
#define SHOAL_CLIENT_HLS_TEXT_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace shoal::hls {

// Offset of the first byte that does not belong to well-formed UTF-8 (RFC 3629: no overlong forms,
// surrogates or values over U+10FFFF); npos when all does.
std::size_t FindNotUtf8(absl::string_view text);

// Offset of the first control character other than a tab, a line feed and a carriage return just
// before a line feed; npos when there is none. (U+0080 … U+009F pass: they come from titles in a
// wrong encoding and do no harm.)
std::size_t FindControlCharacter(absl::string_view text);

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_TEXT_H_
