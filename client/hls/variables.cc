#include "client/hls/variables.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/hls/attribute_list.h"
#include "client/hls/parse_error.h"
#include "client/hls/text.h"
#include "client/hls/uri.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

bool IsVariableName(absl::string_view name) {
  if (name.empty()) return false;
  for (char c : name) {
    if (!IsNameCharacter(c)) return false;
  }
  return true;
}

// `text` begins with "{$": the name, if "name}" follows; empty otherwise.
absl::string_view ReferencedName(absl::string_view text) {
  std::size_t end = 2;
  while (end < text.size() && IsNameCharacter(text[end])) ++end;
  if (end == text.size() || text[end] != '}') return {};
  return text.substr(2, end - 2);
}

// A percent-encoded value may hold anything, unlike the text of a playlist.
absl::Status CheckDecoded(absl::string_view name, absl::string_view value) {
  if (FindNotUtf8(value) != absl::string_view::npos) {
    return ParseError(kNotUtf8, absl::StrCat("query parameter ", name, " is not UTF-8"));
  }
  if (FindControlCharacter(value) != absl::string_view::npos ||
      value.find_first_of("\r\n") != absl::string_view::npos) {
    return ParseError(kControlCharacter,
                      absl::StrCat("query parameter ", name, " has control characters"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> QueryParameter(absl::string_view url, absl::string_view name) {
  const std::optional<absl::string_view> query = SplitUri(url).query;
  std::optional<std::string> value;
  if (query) value = FindQueryParameter(*query, name);
  if (!value) {
    return ParseError(kNoSuchQueryParameter,
                      absl::StrCat("the playlist's URL has no query parameter ", name));
  }
  const absl::Status clean = CheckDecoded(name, *value);
  if (!clean.ok()) return clean;
  return *std::move(value);
}

}  // namespace

absl::Status VariableScope::Define(const AttributeList& attributes) {
  if (definitions_ >= limits_.variables) {
    return ParseError(kTooManyVariables,
                      absl::StrCat("more than ", limits_.variables, " variables"));
  }
  ++definitions_;
  const Attribute* const name = attributes.Find("NAME");
  const Attribute* const import = attributes.Find("IMPORT");
  const Attribute* const parameter = attributes.Find("QUERYPARAM");
  if ((name != nullptr) + (import != nullptr) + (parameter != nullptr) != 1) {
    return ParseError(kBadVariableDefinition,
                      "EXT-X-DEFINE needs exactly one of NAME, IMPORT and QUERYPARAM");
  }
  if (name != nullptr) {
    absl::StatusOr<std::string> value = attributes.RequiredQuotedString("VALUE", *this);
    if (!value.ok()) return value.status();
    return Insert(name->value, *std::move(value));
  }
  if (import != nullptr) {
    const auto found = sources_.imports.find(import->value);
    if (found == sources_.imports.end()) {
      return ParseError(
          kVariableNotImportable,
          absl::StrCat("the multivariant playlist defines no ", Shown(import->value)));
    }
    return Insert(import->value, found->second);
  }
  absl::StatusOr<std::string> value = QueryParameter(sources_.playlist_url, parameter->value);
  if (!value.ok()) return value.status();
  return Insert(parameter->value, *std::move(value));
}

absl::Status VariableScope::Insert(absl::string_view name, std::string value) {
  if (!IsVariableName(name)) {
    return ParseError(kBadVariableName, absl::StrCat(Shown(name), " is not a variable name"));
  }
  if (variables_.contains(name)) {
    return ParseError(kDuplicateVariable, absl::StrCat("variable ", name, " is defined twice"));
  }
  variables_.emplace(name, std::move(value));
  return absl::OkStatus();
}

bool VariableScope::Spend(std::size_t bytes) {
  substituted_bytes_ = std::min(substituted_bytes_ + bytes, limits_.substituted_bytes + 1);
  return substituted_bytes_ <= limits_.substituted_bytes;
}

absl::StatusOr<std::string> VariableScope::Substitute(absl::string_view text) {
  std::string result;
  for (;;) {
    const std::size_t open = text.find("{$");
    absl::StrAppend(&result, text.substr(0, open));
    if (open == absl::string_view::npos) return result;
    text.remove_prefix(open);
    const absl::string_view name = ReferencedName(text);
    if (name.empty()) {
      result += "{$";
      text.remove_prefix(2);
      continue;
    }
    const auto found = variables_.find(name);
    if (found == variables_.end()) {
      return ParseError(kUndefinedVariable,
                        absl::StrCat("variable ", Shown(name), " is not defined"));
    }
    const std::string& value = found->second;
    if (result.size() + value.size() > limits_.line_bytes || !Spend(value.size())) {
      return ParseError(kSubstitutionTooLong,
                        absl::StrCat("variables stand for more than ", limits_.line_bytes,
                                     " bytes in a line or ", limits_.substituted_bytes, " in all"));
    }
    result += value;
    text.remove_prefix(name.size() + 3);
  }
}

}  // namespace shoal::hls
