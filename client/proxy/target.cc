#include "client/proxy/target.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace shoal::proxy {
namespace {

constexpr absl::string_view kHexDigits = "0123456789ABCDEF";

bool IsUnreserved(unsigned char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// Whether `c` may stand raw in a path or query: RFC 3986's characters, and three more that browsers
// and origins alike leave as they are.
bool MayStandRaw(unsigned char c) {
  static constexpr absl::string_view kAllowed = "!$&'()*+,;=:@/?%[]|";
  return IsUnreserved(c) || absl::StrContains(kAllowed, static_cast<char>(c));
}

void AppendEscaped(unsigned char c, std::string* out) {
  out->push_back('%');
  out->push_back(kHexDigits[c >> 4]);
  out->push_back(kHexDigits[c & 15]);
}

std::string EscapeUnsafe(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (MayStandRaw(byte)) {
      out.push_back(c);
    } else {
      AppendEscaped(byte, &out);
    }
  }
  return out;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that the escape at `text[i]` stands for; nullopt if it is not an escape.
std::optional<unsigned char> Escape(absl::string_view text, std::size_t i) {
  if (text[i] != '%' || i + 2 >= text.size()) return std::nullopt;
  const int high = HexValue(text[i + 1]);
  const int low = HexValue(text[i + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<unsigned char>(high * 16 + low);
}

std::string Decode(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto byte = Escape(text, i)) {
      out.push_back(static_cast<char>(*byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool HasDotSegment(absl::string_view decoded_path) {
  for (absl::string_view segment : absl::StrSplit(decoded_path, '/')) {
    // Some servers cut "..;x" at the semicolon and climb.
    segment = segment.substr(0, segment.find(';'));
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

std::optional<TargetProblem> ProblemOfRawBytes(absl::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f) return TargetProblem::kControlCharacter;
    if (c == '#') return TargetProblem::kFragment;
  }
  return std::nullopt;
}

std::optional<TargetProblem> ProblemOfPath(absl::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\') return TargetProblem::kBackslash;
    if (path[i] != '%') continue;
    const auto byte = Escape(path, i);
    if (!byte) return TargetProblem::kPercentEncoding;
    if (absl::ascii_iscntrl(*byte)) return TargetProblem::kControlCharacter;
    if (*byte == '\\') return TargetProblem::kBackslash;
  }
  const std::string decoded = Decode(path);
  if (absl::StartsWith(decoded, "//")) return TargetProblem::kDoubleSlash;
  if (HasDotSegment(decoded)) return TargetProblem::kDotSegment;
  return std::nullopt;
}

// REQUIRES: !ProblemOfPath(path).
std::string NormalisePath(absl::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto escaped = Escape(path, i);
    const auto byte = escaped ? *escaped : static_cast<unsigned char>(path[i]);
    if (escaped) i += 2;
    if (escaped ? IsUnreserved(byte) : MayStandRaw(byte)) {
      out.push_back(static_cast<char>(byte));
    } else {
      AppendEscaped(byte, &out);
    }
  }
  return out;
}

}  // namespace

std::variant<Target, TargetProblem> Target::Parse(absl::string_view written) {
  if (written.empty()) return TargetProblem::kEmpty;
  if (const auto problem = ProblemOfRawBytes(written)) return *problem;

  Target target;
  absl::string_view rest = written;
  if (rest[0] != '/') {
    if (!absl::StartsWithIgnoreCase(rest, "http://")) return TargetProblem::kForm;
    rest.remove_prefix(7);
    const absl::string_view authority = rest.substr(0, rest.find_first_of("/?\\"));
    if (authority.empty() || absl::StrContains(authority, '@')) return TargetProblem::kForm;
    target.authority_ = std::string(authority);
    rest.remove_prefix(authority.size());
  }

  const std::size_t question = rest.find('?');
  const absl::string_view path = question == 0 || rest.empty() ? "/" : rest.substr(0, question);
  if (path[0] != '/') return path[0] == '\\' ? TargetProblem::kBackslash : TargetProblem::kForm;
  if (const auto problem = ProblemOfPath(path)) return *problem;
  target.path_ = NormalisePath(path);
  target.origin_form_ = EscapeUnsafe(path);
  if (question != absl::string_view::npos) {
    target.query_ = EscapeUnsafe(rest.substr(question + 1));
    target.origin_form_ += "?" + target.query_;
  }
  return target;
}

std::optional<std::string> QueryArgument(absl::string_view query, absl::string_view name) {
  for (const absl::string_view argument : absl::StrSplit(query, '&')) {
    const std::size_t equals = argument.find('=');
    if (equals == absl::string_view::npos) continue;
    if (Decode(argument.substr(0, equals)) == name) return Decode(argument.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace shoal::proxy
