#include "client/cdn/head_reader.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cdn/options.h"

namespace shoal::cdn {
namespace {

bool IsDigits(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

}  // namespace

HeadReader::State HeadReader::Take(absl::string_view line) {
  if (state_ != State::kReading) return state_;
  bytes_ += line.size();
  if (bytes_ > kHeaderBytesMax) {
    return Refuse(absl::StrCat("more than ", kHeaderBytesMax, " bytes of header"));
  }
  absl::ConsumeSuffix(&line, "\n");
  absl::ConsumeSuffix(&line, "\r");
  if (status_ == 0) return TakeStatusLine(line);
  return line.empty() ? TakeEnd() : TakeField(line);
}

HeadReader::State HeadReader::Refuse(std::string problem) {
  problem_ = std::move(problem);
  return state_ = State::kRefused;
}

HeadReader::State HeadReader::TakeStatusLine(absl::string_view line) {
  // "HTTP/1.1 200 OK", "HTTP/2 200 ": the code is the second word and has three digits.
  const std::size_t space = line.find(' ');
  if (!absl::StartsWith(line, "HTTP/") || space == absl::string_view::npos) {
    return Refuse("the answer does not begin with a status line");
  }
  const absl::string_view code = line.substr(space + 1, 3);
  if (code.size() != 3 || !IsDigits(code) || !absl::SimpleAtoi(code, &status_) || status_ < 100) {
    return Refuse("the status line has no status code");
  }
  http2_ = absl::StartsWith(line, "HTTP/2");
  return state_;
}

HeadReader::State HeadReader::TakeField(absl::string_view line) {
  if (line[0] == ' ' || line[0] == '\t') {  // the obsolete way to continue a field's value
    if (headers_.empty()) return Refuse("the header begins with a continued line");
    absl::StrAppend(&headers_.back().second, " ", absl::StripAsciiWhitespace(line));
    return state_;
  }
  const std::size_t colon = line.find(':');
  if (colon == absl::string_view::npos || colon == 0) return Refuse("a header line has no name");
  if (headers_.size() == kHeaderCountMax) {
    return Refuse(absl::StrCat("more than ", kHeaderCountMax, " header fields"));
  }
  headers_.emplace_back(std::string(line.substr(0, colon)),
                        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
  return state_;
}

HeadReader::State HeadReader::TakeEnd() {
  if (status_ < 200) {
    status_ = 0;
    headers_.clear();
    return state_;
  }
  for (const auto& [name, value] : headers_) {
    if (!absl::EqualsIgnoreCase(name, "Content-Length")) continue;
    std::uint64_t length = 0;
    if (!IsDigits(value) || !absl::SimpleAtoi(value, &length)) {
      return Refuse("Content-Length is not a number");
    }
    if (content_length_.has_value() && *content_length_ != length) {
      return Refuse("there are two different Content-Length fields");
    }
    content_length_ = length;
  }
  if (FindHeader(headers_, "Transfer-Encoding") != nullptr) content_length_.reset();
  return state_ = State::kComplete;
}

}  // namespace shoal::cdn
