// The lines of a playlist, each with where it lies in the text. Lines end with LF or CR LF; the
// last one may have no end. Threads: a value.
#ifndef SHOAL_CLIENT_HLS_LINE_READER_H_
#define SHOAL_CLIENT_HLS_LINE_READER_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace shoal::hls {

struct Line {
  std::size_t number = 0;    // counted from 1
  absl::string_view text;    // without its end
  absl::string_view ending;  // "\n", "\r\n" or, at the end of the text, ""
};

class LineReader {
 public:
  // Borrows `text`, which must outlive the reader and the lines it returns.
  explicit LineReader(absl::string_view text) : rest_(text) {}

  // The next line; nullopt at the end of the text.
  std::optional<Line> Next();

 private:
  absl::string_view rest_;
  std::size_t number_ = 0;
};

// A line that begins with #EXT, split at its first colon.
struct Tag {
  absl::string_view name;   // "EXT-X-KEY": without '#'
  absl::string_view value;  // after the colon, as written; empty without one
};

enum class LineKind { kBlank, kComment, kTag, kUri };

LineKind KindOf(absl::string_view line);

// REQUIRES: KindOf(line) == LineKind::kTag.
Tag SplitTag(absl::string_view line);

// `text` without spaces and tabs at its ends.
absl::string_view TrimBlanks(absl::string_view text);

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_LINE_READER_H_
