#include "client/hls/parse_error.h"

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace shoal::hls {
namespace {

// Under this name the reason travels with a status.
constexpr absl::string_view kPayload = "shoal.hls.ParseErrorReason";
constexpr std::size_t kShownBytesMax = 60;

}  // namespace

absl::string_view ParseErrorReasonName(ParseErrorReason reason) {
  using enum ParseErrorReason;
  switch (reason) {
    case kTextTooLong:
      return "TextTooLong";
    case kNotAPlaylist:
      return "NotAPlaylist";
    case kByteOrderMark:
      return "ByteOrderMark";
    case kNotUtf8:
      return "NotUtf8";
    case kControlCharacter:
      return "ControlCharacter";
    case kLineTooLong:
      return "LineTooLong";
    case kMixedPlaylist:
      return "MixedPlaylist";
    case kBadNumber:
      return "BadNumber";
    case kBadDuration:
      return "BadDuration";
    case kDurationTooLong:
      return "DurationTooLong";
    case kBadHex:
      return "BadHex";
    case kBadResolution:
      return "BadResolution";
    case kBadByteRange:
      return "BadByteRange";
    case kBadAttributeList:
      return "BadAttributeList";
    case kDuplicateAttribute:
      return "DuplicateAttribute";
    case kTooManyAttributes:
      return "TooManyAttributes";
    case kNotQuoted:
      return "NotQuoted";
    case kMissingAttribute:
      return "MissingAttribute";
    case kBadVersion:
      return "BadVersion";
    case kSequenceTooLarge:
      return "SequenceTooLarge";
    case kUriTooLong:
      return "UriTooLong";
    case kBadVariableName:
      return "BadVariableName";
    case kBadVariableDefinition:
      return "BadVariableDefinition";
    case kDuplicateVariable:
      return "DuplicateVariable";
    case kUndefinedVariable:
      return "UndefinedVariable";
    case kVariableNotImportable:
      return "VariableNotImportable";
    case kNoSuchQueryParameter:
      return "NoSuchQueryParameter";
    case kTooManyVariables:
      return "TooManyVariables";
    case kSubstitutionTooLong:
      return "SubstitutionTooLong";
    case kDuplicateTag:
      return "DuplicateTag";
    case kTagOutOfPlace:
      return "TagOutOfPlace";
    case kMissingTargetDuration:
      return "MissingTargetDuration";
    case kSegmentWithoutDuration:
      return "SegmentWithoutDuration";
    case kByteRangeWithoutOffset:
      return "ByteRangeWithoutOffset";
    case kVariantWithoutUri:
      return "VariantWithoutUri";
    case kUriWithoutTag:
      return "UriWithoutTag";
    case kTooManySegments:
      return "TooManySegments";
    case kTooManyKeys:
      return "TooManyKeys";
  }
  return "?";
}

std::string Shown(absl::string_view value) {
  if (value.size() <= kShownBytesMax) return absl::StrCat("\"", absl::CEscape(value), "\"");
  return absl::StrCat("\"", absl::CEscape(value.substr(0, kShownBytesMax)), "…\" (", value.size(),
                      " bytes)");
}

absl::Status ParseError(ParseErrorReason reason, absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(static_cast<int>(reason))));
  return status;
}

absl::Status InContext(absl::string_view where, const absl::Status& status) {
  absl::Status placed(status.code(), absl::StrCat(where, ": ", status.message()));
  status.ForEachPayload(
      [&](absl::string_view name, const absl::Cord& payload) { placed.SetPayload(name, payload); });
  return placed;
}

std::optional<ParseErrorReason> ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  int reason = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &reason)) {
    return std::nullopt;
  }
  return static_cast<ParseErrorReason>(reason);
}

}  // namespace shoal::hls
