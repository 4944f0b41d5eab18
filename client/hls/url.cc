#include "client/hls/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/hls/line_reader.h"
#include "client/hls/numbers.h"
#include "client/hls/parse_error.h"
#include "client/hls/uri.h"

namespace shoal::hls {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::size_t kHostBytesMax = 253;

std::uint16_t DefaultPort(bool https) { return https ? kHttpsPort : kHttpPort; }

absl::Status Refused(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("URL ", Shown(text), ": ", why));
}

bool AllVisible(absl::string_view text, absl::string_view forbidden) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return c > ' ' && c < 0x7F && forbidden.find(c) == absl::string_view::npos;
  });
}

bool IsIpv4(const std::string& host) {
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

// Labels of letters, digits, '-' and '_'. A name whose last label is a number is an IPv4 address to
// some readers ("127.1", "0x7f.1"), so it must be one in full.
bool IsHostName(const std::string& host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  absl::string_view name = host;
  if (name.back() == '.') name.remove_suffix(1);
  absl::string_view last;
  for (absl::string_view label : absl::StrSplit(name, '.')) {
    const bool valid = !label.empty() && std::all_of(label.begin(), label.end(), [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
    });
    if (!valid) return false;
    last = label;
  }
  const bool is_number = absl::StartsWith(last, "0x") ||
                         last.find_first_not_of("0123456789") == absl::string_view::npos;
  return !is_number || IsIpv4(host);
}

// The address between the brackets in its one canonical spelling; empty if it is none.
std::string CanonicalIpv6(absl::string_view text) {
  in6_addr address;
  char canonical[INET6_ADDRSTRLEN];
  if (text.find('\0') != absl::string_view::npos ||
      inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, canonical, sizeof canonical) == nullptr) {
    return {};
  }
  return canonical;
}

// Splits "host:port" and "[v6]:port"; the port is empty when there is none. False: malformed.
bool SplitAuthority(absl::string_view authority, std::string& host, absl::string_view& port) {
  absl::string_view rest;
  if (absl::StartsWith(authority, "[")) {
    const std::size_t close = authority.find(']');
    if (close == absl::string_view::npos) return false;
    host = CanonicalIpv6(authority.substr(1, close - 1));
    if (host.empty()) return false;
    rest = authority.substr(close + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    host = absl::AsciiStrToLower(authority.substr(0, colon));
    if (!IsHostName(host)) return false;
    rest = authority.substr(colon);
  }
  if (!rest.empty() && rest.front() != ':') return false;
  port = rest.empty() ? rest : rest.substr(1);
  return true;
}

}  // namespace

absl::StatusOr<Url> Url::Parse(absl::string_view text) {
  if (text.size() > kUrlBytesMax) return Refused(text, "too long");
  if (!AllVisible(text, "\\")) {
    return Refused(text, "has spaces, backslashes, control characters or bytes outside ASCII");
  }
  const UriParts parts = SplitUri(text);
  const std::string scheme = absl::AsciiStrToLower(parts.scheme.value_or(""));
  if (scheme != "http" && scheme != "https") return Refused(text, "is neither http nor https");
  if (!parts.authority) return Refused(text, "has no host");
  if (parts.authority->find('@') != absl::string_view::npos) {
    return Refused(text, "has user information before its host");
  }

  Url url;
  url.https_ = scheme == "https";
  absl::string_view port;
  if (!SplitAuthority(*parts.authority, url.host_, port)) return Refused(text, "has no valid host");
  url.port_ = DefaultPort(url.https_);
  if (!port.empty()) {
    const std::optional<std::uint64_t> number = ParseDecimalInteger(port);
    if (!number || *number == 0 || *number > 0xFFFF) return Refused(text, "has no valid port");
    url.port_ = static_cast<std::uint16_t>(*number);
  }

  if (!AllVisible(parts.path, "\"<>`{}") || !AllVisible(parts.query.value_or(""), "\"<>")) {
    return Refused(text, "has characters that must be percent-encoded");
  }
  url.path_ = RemoveDotSegments(parts.path);
  if (url.path_.empty()) url.path_ = "/";
  if (parts.query) url.query_ = std::string(*parts.query);
  return url;
}

absl::StatusOr<Url> Url::Resolve(absl::string_view reference) const {
  const absl::string_view trimmed = TrimBlanks(reference);
  if (trimmed.size() > kUrlBytesMax) return Refused(trimmed, "too long");
  return Parse(ResolveUri(ToString(), EncodeUriText(trimmed)));
}

absl::StatusOr<Url> Url::WithTarget(absl::string_view target) const {
  if (target.empty() || target.front() != '/') {
    return Refused(target, "a request's target begins with '/'");
  }
  if (target.size() > kUrlBytesMax) return Refused(target, "too long");
  return Parse(absl::StrCat(Origin(), EncodeUriText(target)));
}

std::string Url::Authority() const {
  const bool is_ipv6 = host_.find(':') != std::string::npos;
  std::string authority = is_ipv6 ? absl::StrCat("[", host_, "]") : host_;
  if (port_ != DefaultPort(https_)) absl::StrAppend(&authority, ":", port_);
  return authority;
}

std::string Url::Origin() const { return absl::StrCat(scheme(), "://", Authority()); }

std::string Url::Target() const { return query_ ? absl::StrCat(path_, "?", *query_) : path_; }

std::string Url::ToString() const { return absl::StrCat(Origin(), Target()); }

}  // namespace shoal::hls
