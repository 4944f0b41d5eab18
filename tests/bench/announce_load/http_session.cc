#include "tests/bench/announce_load/http_session.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace shoal::bench {
namespace {

constexpr absl::string_view kEndOfHead = "\r\n\r\n";

// The value of `name` in an answer's head; empty if it has none.
absl::string_view Field(absl::string_view head, absl::string_view name) {
  while (true) {
    const std::size_t end = head.find("\r\n");
    const absl::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != absl::string_view::npos &&
        absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(line.substr(0, colon)), name)) {
      return absl::StripAsciiWhitespace(line.substr(colon + 1));
    }
    if (end == absl::string_view::npos) return "";
    head.remove_prefix(end + 2);
  }
}

bool IsKept(absl::string_view head) {
  const absl::string_view connection = Field(head, "connection");
  if (absl::EqualsIgnoreCase(connection, "close")) return false;
  return absl::StartsWith(head, "HTTP/1.1") || absl::EqualsIgnoreCase(connection, "keep-alive");
}

}  // namespace

void HttpSession::Submit(Tag tag, std::string request) {
  waiting_.emplace_back(tag, std::move(request));
}

bool HttpSession::TakeOutput(std::string& out) {
  if (under_way_ || waiting_.empty() || closing_) return !finished();
  under_way_ = true;
  tag_ = waiting_.front().first;
  out += waiting_.front().second;
  waiting_.pop_front();
  return true;
}

bool HttpSession::Receive(absl::string_view bytes, Sink sink) {
  received_.append(bytes.data(), bytes.size());
  while (under_way_ && TakeAnswer(sink)) {
  }
  return !broken_ && !closing_;
}

bool HttpSession::TakeAnswer(Sink sink) {
  const std::size_t end_of_head = received_.find(kEndOfHead.data(), 0, kEndOfHead.size());
  if (end_of_head == std::string::npos) return false;
  const absl::string_view head = absl::string_view(received_).substr(0, end_of_head);
  std::size_t size = 0;
  if (!absl::SimpleAtoi(Field(head, "content-length"), &size)) {
    broken_ = true;
    return false;
  }
  const std::size_t begin = end_of_head + kEndOfHead.size();
  if (received_.size() < begin + size) return false;
  const bool ok = head.size() > 12 && head.substr(8, 4) == " 200";
  if (!keep_ || !IsKept(head)) closing_ = true;
  const std::string message = received_.substr(begin, size);
  received_.erase(0, begin + size);
  under_way_ = false;
  sink(tag_, ok, ok ? absl::string_view(message) : absl::string_view());
  return true;
}

std::vector<Session::Tag> HttpSession::Pending() const {
  std::vector<Tag> tags;
  if (under_way_) tags.push_back(tag_);
  for (const auto& [tag, request] : waiting_) tags.push_back(tag);
  return tags;
}

}  // namespace shoal::bench
