#include "client/hls/uri.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace shoal::hls {
namespace {

bool IsScheme(absl::string_view text) {
  if (text.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(text.front()))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
  });
}

// Cuts `text` at the first `delimiter`; what follows it, or nullopt when it is not there.
std::optional<absl::string_view> CutTail(absl::string_view& text, char delimiter) {
  const std::size_t at = text.find(delimiter);
  if (at == absl::string_view::npos) return std::nullopt;
  const absl::string_view tail = text.substr(at + 1);
  text = text.substr(0, at);
  return tail;
}

std::string Compose(const UriParts& parts) {
  std::string uri;
  if (parts.scheme) absl::StrAppend(&uri, *parts.scheme, ":");
  if (parts.authority) absl::StrAppend(&uri, "//", *parts.authority);
  absl::StrAppend(&uri, parts.path);
  if (parts.query) absl::StrAppend(&uri, "?", *parts.query);
  if (parts.fragment) absl::StrAppend(&uri, "#", *parts.fragment);
  return uri;
}

// RFC 3986, section 5.2.3.
std::string MergePaths(const UriParts& base, absl::string_view path) {
  if (base.authority && base.path.empty()) return absl::StrCat("/", path);
  const std::size_t slash = base.path.rfind('/');
  if (slash == absl::string_view::npos) return std::string(path);
  return absl::StrCat(base.path.substr(0, slash + 1), path);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Percent-encoding undone, '+' read as a space; a stray '%' stays.
std::string DecodeFormText(absl::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low >= 0) {
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

}  // namespace

UriParts SplitUri(absl::string_view uri) {
  UriParts parts;
  parts.fragment = CutTail(uri, '#');
  parts.query = CutTail(uri, '?');
  const std::size_t colon = uri.find(':');
  if (colon != absl::string_view::npos && IsScheme(uri.substr(0, colon))) {
    parts.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (absl::StartsWith(uri, "//")) {
    uri.remove_prefix(2);
    const std::size_t slash = std::min(uri.find('/'), uri.size());
    parts.authority = uri.substr(0, slash);
    uri.remove_prefix(slash);
  }
  parts.path = uri;
  return parts;
}

std::string RemoveDotSegments(absl::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (absl::ConsumePrefix(&path, "../") || absl::ConsumePrefix(&path, "./")) continue;
    if (path == "." || path == "..") break;
    if (absl::StartsWith(path, "/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (absl::StartsWith(path, "/../") || path == "/..") {
      const std::size_t slash = out.rfind('/');
      out.resize(slash == std::string::npos ? 0 : slash);
      path = path.size() == 3 ? "/" : path.substr(3);
    } else {
      const std::size_t end = std::min(path.find('/', 1), path.size());
      absl::StrAppend(&out, path.substr(0, end));
      path.remove_prefix(end);
    }
  }
  return out;
}

std::string ResolveUri(absl::string_view base, absl::string_view reference) {
  const UriParts from = SplitUri(base);
  UriParts target = SplitUri(reference);
  std::string path;
  if (target.scheme || target.authority) {
    path = RemoveDotSegments(target.path);
    if (!target.scheme) target.scheme = from.scheme;
  } else {
    target.scheme = from.scheme;
    target.authority = from.authority;
    if (target.path.empty()) {
      path = std::string(from.path);
      if (!target.query) target.query = from.query;
    } else if (target.path.front() == '/') {
      path = RemoveDotSegments(target.path);
    } else {
      path = RemoveDotSegments(MergePaths(from, target.path));
    }
  }
  target.path = path;
  return Compose(target);
}

std::string EncodeUriText(absl::string_view text) {
  constexpr absl::string_view kInPath = "\"<>`{}";
  constexpr absl::string_view kInQuery = "\"<>";
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  bool in_query = false;
  for (char c : text) {
    in_query = in_query || c == '?';
    const unsigned char byte = static_cast<unsigned char>(c);
    const absl::string_view unsafe = in_query ? kInQuery : kInPath;
    if (c == ' ' || byte >= 0x80 || unsafe.find(c) != absl::string_view::npos) {
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 15]);
    } else {
      encoded.push_back(c);
    }
  }
  return encoded;
}

std::optional<std::string> FindQueryParameter(absl::string_view query, absl::string_view name) {
  for (absl::string_view pair : absl::StrSplit(query, '&')) {
    const std::size_t equals = pair.find('=');
    if (DecodeFormText(pair.substr(0, equals)) != name) continue;
    return equals == absl::string_view::npos ? std::string()
                                             : DecodeFormText(pair.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace shoal::hls
