#include "client/proxy/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace shoal::proxy {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// Beast's own bound on one field, less some room.
constexpr std::size_t kHeaderBytesMax = 60 * 1024;

RequestError Malformed(RequestProblem problem, std::string message) {
  return {problem, 400, std::move(message)};
}

RequestError TooLarge(absl::string_view buffer, std::size_t limit) {
  if (!absl::StrContains(buffer, "\r\n")) {
    return {RequestProblem::kTargetTooLong, 414,
            absl::StrCat("the request line has over ", limit, " bytes")};
  }
  return {RequestProblem::kTooLarge, 431,
          absl::StrCat("the request's headers have over ", limit, " bytes")};
}

// What is wrong with `byte` after `previous` (0: none before), in a head.
std::optional<RequestError> ProblemOfByte(char byte, char previous) {
  const auto code = static_cast<unsigned char>(byte);
  if (byte == '\n') {
    if (previous == '\r') return std::nullopt;
    return Malformed(RequestProblem::kSyntax, "a line of the request does not end with CR LF");
  }
  if (previous == '\r') {
    return Malformed(RequestProblem::kSyntax, "a line of the request holds a CR without LF");
  }
  if (previous == '\n' && (byte == ' ' || byte == '\t')) {
    return Malformed(RequestProblem::kHeader, "the request has a folded header line");
  }
  if (absl::ascii_iscntrl(code) && byte != '\r' && byte != '\t') {
    return Malformed(RequestProblem::kSyntax,
                     absl::StrCat("the request holds byte 0x", absl::Hex(code, absl::kZeroPad2)));
  }
  return std::nullopt;
}

// What stands behind the second space of the request line.
absl::string_view VersionIn(absl::string_view head) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(head.substr(0, head.find("\r\n")), absl::MaxSplits(' ', 2));
  return parts.size() == 3 ? parts[2] : absl::string_view();
}

RequestError ErrorOf(const beast::error_code& error, absl::string_view head) {
  if (error == http::error::bad_content_length || error == http::error::bad_transfer_encoding) {
    return Malformed(RequestProblem::kLength,
                     "the request's Content-Length or Transfer-Encoding is malformed");
  }
  if (error == http::error::bad_version) {
    const absl::string_view version = VersionIn(head);
    if (version.size() == 8 && absl::StartsWith(version, "HTTP/")) {
      return {RequestProblem::kVersion, 505,
              absl::StrCat(absl::CHexEscape(version), " is not served: HTTP/1.0 and HTTP/1.1 are")};
    }
  }
  return Malformed(RequestProblem::kSyntax,
                   absl::StrCat("the request is malformed: ", error.message()));
}

std::string ToString(beast::string_view text) { return {text.data(), text.size()}; }

// REQUIRES: `head` ends with an empty line.
RequestReader::Result Parse(absl::string_view head) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  // Bodies are refused later, with a better word than a parser's limit.
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  beast::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error) return ErrorOf(error, head);
  if (!parser.is_header_done()) {
    return Malformed(RequestProblem::kSyntax, "the request is malformed");
  }
  const auto& parsed = parser.get();
  RawRequest raw;
  raw.method = ToString(parsed.method_string());
  raw.target = ToString(parsed.target());
  raw.minor_version = static_cast<int>(parsed.version() % 10);
  raw.keep_alive = parser.keep_alive();
  for (const auto& field : parsed) {
    raw.headers.Add(ToString(field.name_string()), ToString(field.value()));
  }
  return raw;
}

}  // namespace

RequestReader::RequestReader(const Limits& limits)
    : header_bytes_(std::min(limits.header_bytes, kHeaderBytesMax)) {}

std::optional<RequestError> RequestReader::Scan(std::size_t* end) {
  if (scanned_ == 0 && !buffer_.empty() && !IsHeaderName(absl::string_view(buffer_).substr(0, 1))) {
    return Malformed(RequestProblem::kSyntax, "this is an HTTP server; what came is not HTTP");
  }
  while (scanned_ < buffer_.size()) {
    const char previous = scanned_ == 0 ? '\0' : buffer_[scanned_ - 1];
    if (auto problem = ProblemOfByte(buffer_[scanned_], previous)) return problem;
    ++scanned_;
    if (absl::EndsWith(absl::string_view(buffer_.data(), scanned_), "\r\n\r\n")) {
      *end = scanned_;
      return std::nullopt;
    }
    if (scanned_ >= header_bytes_) return TooLarge(buffer_, header_bytes_);
  }
  return std::nullopt;
}

RequestReader::Result RequestReader::Next() {
  // RFC 9112, 2.2: empty lines before a request are passed over.
  while (scanned_ == 0 && absl::StartsWith(buffer_, "\r\n")) buffer_.erase(0, 2);
  if (scanned_ == 0 && buffer_ == "\r") return NeedMore{};

  std::size_t end = 0;
  if (auto problem = Scan(&end)) return *std::move(problem);
  if (end == 0) return NeedMore{};
  Result result = Parse(absl::string_view(buffer_).substr(0, end));
  buffer_.erase(0, end);
  scanned_ = 0;
  if (buffer_.empty()) buffer_.shrink_to_fit();
  return result;
}

}  // namespace shoal::proxy
