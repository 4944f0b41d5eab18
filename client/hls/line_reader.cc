#include "client/hls/line_reader.h"

#include "absl/strings/match.h"

namespace shoal::hls {

std::optional<Line> LineReader::Next() {
  if (rest_.empty()) return std::nullopt;
  Line line{.number = ++number_, .text = rest_, .ending = rest_.substr(rest_.size())};
  const std::size_t feed = rest_.find('\n');
  if (feed != absl::string_view::npos) {
    const std::size_t end = feed > 0 && rest_[feed - 1] == '\r' ? feed - 1 : feed;
    line.text = rest_.substr(0, end);
    line.ending = rest_.substr(end, feed + 1 - end);
  }
  rest_.remove_prefix(line.text.size() + line.ending.size());
  return line;
}

absl::string_view TrimBlanks(absl::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == absl::string_view::npos) return text.substr(text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

LineKind KindOf(absl::string_view line) {
  line = TrimBlanks(line);
  if (line.empty()) return LineKind::kBlank;
  if (line.front() != '#') return LineKind::kUri;
  return absl::StartsWith(line, "#EXT") ? LineKind::kTag : LineKind::kComment;
}

Tag SplitTag(absl::string_view line) {
  line = TrimBlanks(line);
  line.remove_prefix(1);
  const std::size_t colon = line.find(':');
  if (colon == absl::string_view::npos) return {.name = line, .value = line.substr(line.size())};
  return {.name = line.substr(0, colon), .value = line.substr(colon + 1)};
}

}  // namespace shoal::hls
