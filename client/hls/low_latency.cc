#include "client/hls/low_latency.h"

#include <utility>

#include "client/hls/parse_error.h"
#include "client/hls/sub_range.h"

namespace shoal::hls {

absl::StatusOr<PartialSegment> PartialSegment::Parse(const AttributeList& attributes,
                                                     VariableScope& scope,
                                                     const PartialSegment* previous) {
  PartialSegment part;
  absl::StatusOr<std::string> uri = attributes.RequiredQuotedString("URI", scope);
  if (!uri.ok()) return uri.status();
  part.uri = *std::move(uri);

  const auto duration = attributes.DecimalSeconds("DURATION");
  if (!duration.ok()) return duration.status();
  if (!duration->has_value()) {
    return ParseError(ParseErrorReason::kMissingAttribute, "DURATION is missing");
  }
  part.duration = **duration;

  const bool follows = previous != nullptr && previous->byte_range && previous->uri == part.uri;
  auto range = SubRange::FromAttribute(
      attributes, scope, follows ? std::optional(previous->byte_range->end) : std::nullopt);
  if (!range.ok()) return range.status();
  part.byte_range = *range;

  part.independent = attributes.IsYes("INDEPENDENT");
  part.gap = attributes.IsYes("GAP");
  return part;
}

absl::StatusOr<PreloadHint> PreloadHint::Parse(const AttributeList& attributes,
                                               VariableScope& scope) {
  PreloadHint hint;
  absl::StatusOr<std::string> uri = attributes.RequiredQuotedString("URI", scope);
  if (!uri.ok()) return uri.status();
  hint.uri = *std::move(uri);
  hint.is_map = attributes.EnumeratedString("TYPE") == "MAP";
  hint.byte_range_begin =
      IfReadable(attributes.DecimalInteger("BYTERANGE-START")).value_or(hint.byte_range_begin);
  hint.byte_range_length = IfReadable(attributes.DecimalInteger("BYTERANGE-LENGTH"));
  return hint;
}

ServerControl ServerControl::Parse(const AttributeList& attributes) {
  return {
      .can_block_reload = attributes.IsYes("CAN-BLOCK-RELOAD"),
      .can_skip_until = IfReadable(attributes.DecimalSeconds("CAN-SKIP-UNTIL")),
      .hold_back = IfReadable(attributes.DecimalSeconds("HOLD-BACK")),
      .part_hold_back = IfReadable(attributes.DecimalSeconds("PART-HOLD-BACK")),
  };
}

}  // namespace shoal::hls
