// The value of a tag that holds NAME=value pairs (RFC 8216, section 4.2).
//
// Parse splits the text once; the typed getters read one attribute. A getter's answer has three
// kinds: a value, nullopt when the attribute is not there, and an error when it is there but is not
// of the type. Names and values are views into the text, so a caller may replace a value in place.
// Accepted beyond the RFC because players do: blanks around names and unquoted values, and a comma
// at the end. Threads: a value; const methods from any.
#ifndef SHOAL_CLIENT_HLS_ATTRIBUTE_LIST_H_
#define SHOAL_CLIENT_HLS_ATTRIBUTE_LIST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/hls/numbers.h"
#include "client/hls/variables.h"
#include "common/time/time.h"

namespace shoal::hls {

struct Attribute {
  absl::string_view name;
  absl::string_view value;  // without quotes
  bool quoted = false;
};

class AttributeList {
 public:
  // Borrows `text`, which must outlive the list.
  static absl::StatusOr<AttributeList> Parse(absl::string_view text);

  const std::vector<Attribute>& attributes() const { return attributes_; }
  // nullptr when there is none.
  const Attribute* Find(absl::string_view name) const;

  template <typename T>
  using Result = absl::StatusOr<std::optional<T>>;

  // quoted-string, variables substituted.
  Result<std::string> QuotedString(absl::string_view name, VariableScope& scope) const;
  // The same, but its absence is kMissingAttribute.
  absl::StatusOr<std::string> RequiredQuotedString(absl::string_view name,
                                                   VariableScope& scope) const;
  // enumerated-string. Players do not mind quotes here, so neither does this.
  std::optional<absl::string_view> EnumeratedString(absl::string_view name) const;
  // Whether the value is YES; absent or anything else is no, as the RFC asks of clients.
  bool IsYes(absl::string_view name) const;
  Result<std::uint64_t> DecimalInteger(absl::string_view name) const;
  Result<Duration> DecimalSeconds(absl::string_view name) const;
  Result<Duration> SignedSeconds(absl::string_view name) const;
  // hexadecimal-sequence, variables substituted; the bytes.
  Result<std::string> HexSequence(absl::string_view name, VariableScope& scope) const;
  Result<Resolution> DecimalResolution(absl::string_view name) const;

 private:
  std::vector<Attribute> attributes_;
};

// For attributes that only inform: what cannot be read is as good as absent.
template <typename T>
std::optional<T> IfReadable(absl::StatusOr<std::optional<T>> value) {
  return value.ok() ? *std::move(value) : std::nullopt;
}

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_ATTRIBUTE_LIST_H_
