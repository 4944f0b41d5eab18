#include "client/hls/attribute_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/hls/line_reader.h"
#include "client/hls/parse_error.h"
#include "client/hls/parse_limits.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

bool IsAttributeName(absl::string_view name) {
  if (name.empty()) return false;
  for (char c : name) {
    const bool allowed =
        absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
    if (!allowed) return false;
  }
  return true;
}

// Takes one NAME=value off the front of `rest`, and the comma behind it.
absl::StatusOr<Attribute> TakeAttribute(absl::string_view& rest) {
  const std::size_t equals = rest.find('=');
  Attribute attribute;
  attribute.name = TrimBlanks(rest.substr(0, equals));
  if (equals == absl::string_view::npos || !IsAttributeName(attribute.name)) {
    return ParseError(kBadAttributeList,
                      absl::StrCat(Shown(rest), " does not begin with an attribute"));
  }
  rest.remove_prefix(equals + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));

  if (!rest.empty() && rest.front() == '"') {
    const std::size_t close = rest.find('"', 1);
    if (close == absl::string_view::npos) {
      return ParseError(kBadAttributeList,
                        absl::StrCat(attribute.name, ": the quoted string is not closed"));
    }
    attribute.quoted = true;
    attribute.value = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const absl::string_view plain = TrimBlanks(rest.substr(0, comma));
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  if (!attribute.quoted) attribute.value = plain;
  if (attribute.quoted ? !plain.empty() : plain.find('"') != absl::string_view::npos) {
    return ParseError(kBadAttributeList,
                      absl::StrCat(attribute.name, ": stray text ", Shown(plain)));
  }
  return attribute;
}

absl::Status Missing(absl::string_view name) {
  return ParseError(kMissingAttribute, absl::StrCat(name, " is missing"));
}

absl::Status Bad(ParseErrorReason reason, const Attribute& attribute, absl::string_view wanted) {
  return ParseError(reason,
                    absl::StrCat(attribute.name, ": ", Shown(attribute.value), " is not ", wanted));
}

// What `parse` makes of the attribute's value; nullopt without the attribute.
template <typename T>
absl::StatusOr<std::optional<T>> Read(const Attribute* attribute,
                                      std::optional<T> (*parse)(absl::string_view),
                                      ParseErrorReason reason, absl::string_view wanted) {
  if (attribute == nullptr) return std::optional<T>();
  std::optional<T> value = parse(attribute->value);
  if (!value) return Bad(reason, *attribute, wanted);
  return value;
}

}  // namespace

absl::StatusOr<AttributeList> AttributeList::Parse(absl::string_view text) {
  AttributeList list;
  for (absl::string_view rest = TrimBlanks(text); !rest.empty(); rest = TrimBlanks(rest)) {
    absl::StatusOr<Attribute> attribute = TakeAttribute(rest);
    if (!attribute.ok()) return attribute.status();
    if (list.Find(attribute->name) != nullptr) {
      return ParseError(kDuplicateAttribute, absl::StrCat(attribute->name, " is given twice"));
    }
    if (list.attributes_.size() == kAttributesMax) {
      return ParseError(kTooManyAttributes,
                        absl::StrCat("more than ", kAttributesMax, " attributes"));
    }
    list.attributes_.push_back(*attribute);
  }
  return list;
}

const Attribute* AttributeList::Find(absl::string_view name) const {
  for (const Attribute& attribute : attributes_) {
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

AttributeList::Result<std::string> AttributeList::QuotedString(absl::string_view name,
                                                               VariableScope& scope) const {
  const Attribute* attribute = Find(name);
  if (attribute == nullptr) return std::optional<std::string>();
  if (!attribute->quoted) return Bad(kNotQuoted, *attribute, "a quoted string");
  absl::StatusOr<std::string> value = scope.Substitute(attribute->value);
  if (!value.ok()) return value.status();
  return std::optional<std::string>(*std::move(value));
}

absl::StatusOr<std::string> AttributeList::RequiredQuotedString(absl::string_view name,
                                                                VariableScope& scope) const {
  Result<std::string> value = QuotedString(name, scope);
  if (!value.ok()) return value.status();
  if (!value->has_value()) return Missing(name);
  return **std::move(value);
}

std::optional<absl::string_view> AttributeList::EnumeratedString(absl::string_view name) const {
  const Attribute* attribute = Find(name);
  if (attribute == nullptr) return std::nullopt;
  return attribute->value;
}

bool AttributeList::IsYes(absl::string_view name) const { return EnumeratedString(name) == "YES"; }

AttributeList::Result<std::uint64_t> AttributeList::DecimalInteger(absl::string_view name) const {
  return Read(Find(name), &ParseDecimalInteger, kBadNumber, "a decimal integer");
}

AttributeList::Result<Duration> AttributeList::DecimalSeconds(absl::string_view name) const {
  return Read(Find(name), &ParseDecimalSeconds, kBadDuration, "a duration in seconds");
}

AttributeList::Result<Duration> AttributeList::SignedSeconds(absl::string_view name) const {
  return Read(Find(name), &ParseSignedSeconds, kBadDuration, "a time in seconds");
}

AttributeList::Result<std::string> AttributeList::HexSequence(absl::string_view name,
                                                              VariableScope& scope) const {
  const Attribute* attribute = Find(name);
  if (attribute == nullptr) return std::optional<std::string>();
  absl::StatusOr<std::string> value = scope.Substitute(attribute->value);
  if (!value.ok()) return value.status();
  std::optional<std::string> bytes = ParseHexSequence(*value);
  if (!bytes) return Bad(kBadHex, *attribute, "a hexadecimal sequence");
  return bytes;
}

AttributeList::Result<Resolution> AttributeList::DecimalResolution(absl::string_view name) const {
  return Read(Find(name), &ParseResolution, kBadResolution, "a resolution");
}

}  // namespace shoal::hls
