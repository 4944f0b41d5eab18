#include "client/hls/media_playlist_parser.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/hls/numbers.h"
#include "client/hls/parse_error.h"

namespace shoal::hls {

using enum ParseErrorReason;
MediaPlaylistParser::ValueHandler MediaPlaylistParser::FindValueHandler(absl::string_view tag) {
  using Self = MediaPlaylistParser;
  static constexpr std::pair<absl::string_view, ValueHandler> kHandlers[] = {
      {"EXTINF", &Self::TakeExtInf},
      {"EXT-X-BYTERANGE", &Self::TakeByteRange},
      {"EXT-X-DISCONTINUITY", &Self::TakeDiscontinuity},
      {"EXT-X-GAP", &Self::TakeGap},
      {"EXT-X-PROGRAM-DATE-TIME", &Self::TakeProgramDateTime},
      {"EXT-X-VERSION", &Self::TakeVersion},
      {"EXT-X-TARGETDURATION", &Self::TakeTargetDuration},
      {"EXT-X-MEDIA-SEQUENCE", &Self::TakeMediaSequence},
      {"EXT-X-DISCONTINUITY-SEQUENCE", &Self::TakeDiscontinuitySequence},
      {"EXT-X-PLAYLIST-TYPE", &Self::TakePlaylistType},
      {"EXT-X-ENDLIST", &Self::TakeEndList},
      {"EXT-X-I-FRAMES-ONLY", &Self::TakeIFramesOnly},
      {"EXT-X-INDEPENDENT-SEGMENTS", &Self::TakeIndependentSegments},
  };
  for (const auto& [name, handler] : kHandlers) {
    if (name == tag) return handler;
  }
  return nullptr;
}

MediaPlaylistParser::ListHandler MediaPlaylistParser::FindListHandler(absl::string_view tag) {
  using Self = MediaPlaylistParser;
  static constexpr std::pair<absl::string_view, ListHandler> kHandlers[] = {
      {"EXT-X-PART", &Self::TakePart},
      {"EXT-X-KEY", &Self::TakeKey},
      {"EXT-X-MAP", &Self::TakeMap},
      {"EXT-X-DEFINE", &Self::TakeDefine},
      {"EXT-X-START", &Self::TakeStart},
      {"EXT-X-SKIP", &Self::TakeSkip},
      {"EXT-X-PART-INF", &Self::TakePartInf},
      {"EXT-X-PRELOAD-HINT", &Self::TakePreloadHint},
      {"EXT-X-SERVER-CONTROL", &Self::TakeServerControl},
  };
  for (const auto& [name, handler] : kHandlers) {
    if (name == tag) return handler;
  }
  return nullptr;
}

absl::Status MediaPlaylistParser::TakeTag(const Tag& tag) {
  absl::Status status;
  if (const ValueHandler handler = FindValueHandler(tag.name)) {
    status = (this->*handler)(TrimBlanks(tag.value));
  } else if (const ListHandler list_handler = FindListHandler(tag.name)) {
    const absl::StatusOr<AttributeList> attributes = AttributeList::Parse(tag.value);
    status = attributes.ok() ? (this->*list_handler)(*attributes) : attributes.status();
  }
  return status.ok() ? status : InContext(tag.name, status);
}

absl::Status MediaPlaylistParser::TakeUri(absl::string_view line) {
  absl::StatusOr<std::string> uri = scope_.Substitute(TrimBlanks(line));
  if (!uri.ok()) return uri.status();
  absl::Status status = CheckUri(*uri);
  if (status.ok()) status = CheckCount(playlist_.segments.size(), "segments");
  if (!status.ok()) return status;
  if (!next_has_duration_) {
    return ParseError(kSegmentWithoutDuration,
                      absl::StrCat("segment ", Shown(*uri), " has no EXTINF"));
  }
  if (next_sub_range_) {
    // Without an offset it continues the sub-range before it, if that is of the same resource.
    std::optional<std::uint64_t> implicit_offset;
    if (!playlist_.segments.empty()) {
      const Segment& previous = playlist_.segments.back();
      if (previous.byte_range && previous.uri == *uri) implicit_offset = previous.byte_range->end;
    }
    const absl::StatusOr<ByteRange> range = next_sub_range_->Resolve(implicit_offset);
    if (!range.ok()) return range.status();
    next_.byte_range = *range;
  }
  next_.sequence = NextSequence();
  next_.uri = *std::move(uri);
  next_.init_section = init_section_;
  next_.key_set = KeySetInForce();
  playlist_.segments.push_back(std::move(next_));
  next_ = Segment{};
  next_has_duration_ = false;
  next_sub_range_.reset();
  return absl::OkStatus();
}

absl::StatusOr<MediaPlaylist> MediaPlaylistParser::Finish() && {
  if (!seen_once_.contains("EXT-X-TARGETDURATION")) {
    return ParseError(kMissingTargetDuration, "EXT-X-TARGETDURATION is missing");
  }
  playlist_.variables = scope_.variables();
  return std::move(playlist_);
}

// ---- The whole playlist ------------------------------------------------------------------------

absl::Status MediaPlaylistParser::TakeVersion(absl::string_view value) {
  const std::optional<std::uint64_t> version = ParseDecimalInteger(value);
  if (!version || *version == 0) {
    return ParseError(kBadVersion, absl::StrCat(Shown(value), " is not a version"));
  }
  playlist_.version = *version;
  return Once("EXT-X-VERSION");
}

absl::Status MediaPlaylistParser::TakeTargetDuration(absl::string_view value) {
  // An integer by the RFC; some servers write a fraction.
  const std::optional<Duration> duration = ParseDecimalSeconds(value);
  if (!duration) return ParseError(kBadDuration, absl::StrCat(Shown(value), " is not a duration"));
  if (*duration > limits_.duration) {
    return ParseError(kDurationTooLong, absl::StrCat(Shown(value), " is too long"));
  }
  playlist_.target_duration = std::max(*duration, kTargetDurationMin);
  return Once("EXT-X-TARGETDURATION");
}

absl::Status MediaPlaylistParser::TakeMediaSequence(absl::string_view value) {
  const absl::StatusOr<std::uint64_t> sequence = Sequence(value);
  if (!sequence.ok()) return sequence.status();
  if (!playlist_.segments.empty() || !playlist_.parts.empty()) {
    return ParseError(kTagOutOfPlace, "stands below a segment");
  }
  playlist_.media_sequence = *sequence;
  return Once("EXT-X-MEDIA-SEQUENCE");
}

absl::Status MediaPlaylistParser::TakeDiscontinuitySequence(absl::string_view value) {
  const absl::StatusOr<std::uint64_t> sequence = Sequence(value);
  if (!sequence.ok()) return sequence.status();
  playlist_.discontinuity_sequence = *sequence;
  return Once("EXT-X-DISCONTINUITY-SEQUENCE");
}

absl::Status MediaPlaylistParser::TakePlaylistType(absl::string_view value) {
  if (value == "EVENT") playlist_.type = MediaPlaylist::Type::kEvent;
  if (value == "VOD") playlist_.type = MediaPlaylist::Type::kVod;
  return Once("EXT-X-PLAYLIST-TYPE");
}

absl::Status MediaPlaylistParser::TakeEndList(absl::string_view) {
  playlist_.ended = true;
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeIFramesOnly(absl::string_view) {
  playlist_.i_frames_only = true;
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeIndependentSegments(absl::string_view) {
  playlist_.independent_segments = true;
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeDefine(const AttributeList& attributes) {
  return scope_.Define(attributes);
}

absl::Status MediaPlaylistParser::TakeStart(const AttributeList& attributes) {
  const std::optional<Duration> offset = IfReadable(attributes.SignedSeconds("TIME-OFFSET"));
  if (offset) {
    playlist_.start = StartPoint{.time_offset = *offset, .precise = attributes.IsYes("PRECISE")};
  }
  return absl::OkStatus();
}

// ---- Segments ----------------------------------------------------------------------------------

absl::Status MediaPlaylistParser::TakeExtInf(absl::string_view value) {
  // "<duration>,[<title>]"; the comma is often left out when there is no title.
  const absl::string_view seconds = TrimBlanks(value.substr(0, value.find(',')));
  const std::optional<Duration> duration = ParseDecimalSeconds(seconds);
  if (!duration) {
    return ParseError(kBadDuration, absl::StrCat(Shown(seconds), " is not a duration"));
  }
  if (*duration > limits_.duration) {
    return ParseError(kDurationTooLong, absl::StrCat(Shown(seconds), " is too long"));
  }
  next_.duration = *duration;
  next_has_duration_ = true;
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeByteRange(absl::string_view value) {
  absl::StatusOr<SubRange> range = SubRange::Parse(value);
  if (!range.ok()) return range.status();
  next_sub_range_ = *range;
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeDiscontinuity(absl::string_view) {
  next_.discontinuity = true;
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeGap(absl::string_view) {
  next_.gap = true;
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeProgramDateTime(absl::string_view value) {
  next_.program_date_time = ParseDateTime(value);
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeKey(const AttributeList& attributes) {
  absl::StatusOr<EncryptionKey> key = EncryptionKey::Parse(attributes, scope_);
  if (!key.ok()) return key.status();
  key_set_.reset();
  if (key->method == EncryptionKey::Method::kNone) {
    keys_in_force_.clear();
    return absl::OkStatus();
  }
  absl::Status status = CheckUri(key->uri);
  if (status.ok()) status = CheckCount(playlist_.keys.size(), "keys");
  if (!status.ok()) return status;
  // A key stays in force until the next one of its KEYFORMAT.
  std::erase_if(keys_in_force_, [&](std::size_t index) {
    return playlist_.keys[index].key_format == key->key_format;
  });
  if (keys_in_force_.size() >= limits_.keys_in_force) {
    return ParseError(kTooManyKeys,
                      absl::StrCat("more than ", limits_.keys_in_force, " keys in force"));
  }
  keys_in_force_.push_back(playlist_.keys.size());
  playlist_.keys.push_back(*std::move(key));
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeMap(const AttributeList& attributes) {
  absl::StatusOr<std::string> uri = attributes.RequiredQuotedString("URI", scope_);
  if (!uri.ok()) return uri.status();
  absl::Status status = CheckUri(*uri);
  if (status.ok()) status = CheckCount(playlist_.init_sections.size(), "init sections");
  if (!status.ok()) return status;
  const auto range = SubRange::FromAttribute(attributes, scope_, /*next=*/0);
  if (!range.ok()) return range.status();
  init_section_ = playlist_.init_sections.size();
  playlist_.init_sections.push_back(
      {.uri = *std::move(uri), .byte_range = *range, .key_set = KeySetInForce()});
  return absl::OkStatus();
}

// ---- Low latency -------------------------------------------------------------------------------

absl::Status MediaPlaylistParser::TakeSkip(const AttributeList& attributes) {
  const auto skipped = attributes.DecimalInteger("SKIPPED-SEGMENTS");
  if (!skipped.ok()) return skipped.status();
  if (!skipped->has_value()) {
    return ParseError(kMissingAttribute, "SKIPPED-SEGMENTS is missing");
  }
  if (**skipped > limits_.sequence) {
    return ParseError(kSequenceTooLarge, absl::StrCat(**skipped, " segments skipped"));
  }
  if (!playlist_.segments.empty() || !playlist_.parts.empty()) {
    return ParseError(kTagOutOfPlace, "stands below a segment");
  }
  playlist_.skipped_segments = **skipped;
  return Once("EXT-X-SKIP");
}

absl::Status MediaPlaylistParser::TakePart(const AttributeList& attributes) {
  const PartialSegment* previous = playlist_.parts.empty() ? nullptr : &playlist_.parts.back();
  absl::StatusOr<PartialSegment> part = PartialSegment::Parse(attributes, scope_, previous);
  if (!part.ok()) return part.status();
  absl::Status status = CheckUri(part->uri);
  if (status.ok()) status = CheckCount(playlist_.parts.size(), "partial segments");
  if (!status.ok()) return status;
  if (part->duration > limits_.duration) {
    return ParseError(kDurationTooLong, "DURATION is too long");
  }
  part->parent_sequence = NextSequence();
  playlist_.parts.push_back(*std::move(part));
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakePartInf(const AttributeList& attributes) {
  playlist_.part_target = IfReadable(attributes.DecimalSeconds("PART-TARGET"));
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakePreloadHint(const AttributeList& attributes) {
  absl::StatusOr<PreloadHint> hint = PreloadHint::Parse(attributes, scope_);
  if (!hint.ok()) return hint.status();
  absl::Status status = CheckUri(hint->uri);
  if (status.ok()) status = CheckCount(playlist_.preload_hints.size(), "preload hints");
  if (!status.ok()) return status;
  playlist_.preload_hints.push_back(*std::move(hint));
  return absl::OkStatus();
}

absl::Status MediaPlaylistParser::TakeServerControl(const AttributeList& attributes) {
  playlist_.server_control = ServerControl::Parse(attributes);
  return absl::OkStatus();
}

// ---- Helpers -----------------------------------------------------------------------------------

absl::Status MediaPlaylistParser::Once(absl::string_view tag) {
  if (seen_once_.emplace(tag).second) return absl::OkStatus();
  return ParseError(kDuplicateTag, "stands twice");
}

absl::Status MediaPlaylistParser::CheckCount(std::size_t count, absl::string_view what) const {
  if (count < limits_.segments) return absl::OkStatus();
  return ParseError(kTooManySegments, absl::StrCat("more than ", limits_.segments, " ", what));
}

absl::Status MediaPlaylistParser::CheckUri(absl::string_view uri) const {
  if (uri.size() <= limits_.uri_bytes) return absl::OkStatus();
  return ParseError(kUriTooLong, absl::StrCat("URI ", Shown(uri), " is too long"));
}

absl::StatusOr<std::uint64_t> MediaPlaylistParser::Sequence(absl::string_view value) const {
  const std::optional<std::uint64_t> sequence = ParseDecimalInteger(value);
  if (!sequence) return ParseError(kBadNumber, absl::StrCat(Shown(value), " is not a number"));
  if (*sequence > limits_.sequence) {
    return ParseError(kSequenceTooLarge, absl::StrCat(*sequence, " is too large"));
  }
  return *sequence;
}

std::uint64_t MediaPlaylistParser::NextSequence() const {
  return playlist_.media_sequence + playlist_.skipped_segments + playlist_.segments.size();
}

std::optional<std::size_t> MediaPlaylistParser::KeySetInForce() {
  if (keys_in_force_.empty()) return std::nullopt;
  if (!key_set_) {
    key_set_ = playlist_.key_sets.size();
    playlist_.key_sets.push_back(keys_in_force_);
  }
  return key_set_;
}

}  // namespace shoal::hls
