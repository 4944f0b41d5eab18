#include "client/hls/sub_range.h"

#include "absl/strings/str_cat.h"
#include "client/hls/line_reader.h"
#include "client/hls/numbers.h"
#include "client/hls/parse_error.h"

namespace shoal::hls {

absl::StatusOr<SubRange> SubRange::Parse(absl::string_view text) {
  const absl::string_view value = TrimBlanks(text);
  const std::size_t at = value.find('@');
  const std::optional<std::uint64_t> length = ParseDecimalInteger(value.substr(0, at));
  std::optional<std::uint64_t> offset;
  bool valid = length && *length > 0 && *length <= kResourceOffsetMax;
  if (valid && at != absl::string_view::npos) {
    offset = ParseDecimalInteger(value.substr(at + 1));
    valid = offset && *offset <= kResourceOffsetMax - *length;
  }
  if (!valid) {
    return ParseError(ParseErrorReason::kBadByteRange,
                      absl::StrCat(Shown(value), " is not a byte range"));
  }
  return SubRange(*length, offset);
}

absl::StatusOr<ByteRange> SubRange::Resolve(std::optional<std::uint64_t> next) const {
  const std::optional<std::uint64_t> begin = offset_ ? offset_ : next;
  if (!begin) {
    return ParseError(ParseErrorReason::kByteRangeWithoutOffset,
                      "a byte range without offset follows no sub-range of the same URI");
  }
  if (*begin > kResourceOffsetMax - length_) {
    return ParseError(ParseErrorReason::kBadByteRange,
                      absl::StrCat("byte range of ", length_, " at ", *begin, " is too far"));
  }
  return ByteRange{*begin, *begin + length_};
}

absl::StatusOr<std::optional<ByteRange>> SubRange::FromAttribute(
    const AttributeList& attributes, VariableScope& scope, std::optional<std::uint64_t> next) {
  const auto text = attributes.QuotedString("BYTERANGE", scope);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return std::optional<ByteRange>();
  const absl::StatusOr<SubRange> sub_range = Parse(**text);
  if (!sub_range.ok()) return sub_range.status();
  const absl::StatusOr<ByteRange> range = sub_range->Resolve(next);
  if (!range.ok()) return range.status();
  return std::optional<ByteRange>(*range);
}

}  // namespace shoal::hls
