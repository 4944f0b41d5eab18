// Why a playlist, or a part of one, was refused.
//
// Parsers return absl::Status with code kInvalidArgument. The message is for people and names line
// and value (`line 7: EXTINF: "1x" is not a duration`); the reason is for code and tests. Threads:
// any.
#ifndef SHOAL_CLIENT_HLS_PARSE_ERROR_H_
#define SHOAL_CLIENT_HLS_PARSE_ERROR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace shoal::hls {

enum class ParseErrorReason : std::uint8_t {
  // The text as a whole.
  kTextTooLong,
  kNotAPlaylist,  // does not begin with #EXTM3U
  kByteOrderMark,
  kNotUtf8,
  kControlCharacter,
  kLineTooLong,
  kMixedPlaylist,  // tags of a media playlist and of a multivariant playlist

  // One value.
  kBadNumber,
  kBadDuration,
  kDurationTooLong,
  kBadHex,
  kBadResolution,
  kBadByteRange,
  kBadAttributeList,
  kDuplicateAttribute,
  kTooManyAttributes,
  kNotQuoted,  // a quoted string was wanted
  kMissingAttribute,
  kBadVersion,
  kSequenceTooLarge,
  kUriTooLong,

  // EXT-X-DEFINE.
  kBadVariableName,
  kBadVariableDefinition,  // not exactly one of NAME, IMPORT, QUERYPARAM
  kDuplicateVariable,
  kUndefinedVariable,
  kVariableNotImportable,  // the multivariant playlist has none of that name
  kNoSuchQueryParameter,
  kTooManyVariables,
  kSubstitutionTooLong,

  // Tags in relation to each other.
  kDuplicateTag,
  kTagOutOfPlace,
  kMissingTargetDuration,
  kSegmentWithoutDuration,
  kByteRangeWithoutOffset,  // and no sub-range of the same URI before it
  kVariantWithoutUri,
  kUriWithoutTag,
  kTooManySegments,
  kTooManyKeys,
};

// The enumerator without its k: "TextTooLong".
absl::string_view ParseErrorReasonName(ParseErrorReason reason);

// `value` for a message: in quotes, unprintable bytes escaped, long ones cut.
std::string Shown(absl::string_view value);

// kInvalidArgument with `reason` attached.
absl::Status ParseError(ParseErrorReason reason, absl::string_view message);

// `status` with "WHERE: " before its message, reason kept. REQUIRES: !status.ok().
absl::Status InContext(absl::string_view where, const absl::Status& status);

// The reason of a status that a parser of this module made; nullopt for any other.
std::optional<ParseErrorReason> ReasonOf(const absl::Status& status);

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_PARSE_ERROR_H_
