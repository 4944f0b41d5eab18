// Reads a media playlist line by line; MediaPlaylist::Parse is its only user.
#ifndef SHOAL_CLIENT_HLS_MEDIA_PLAYLIST_PARSER_H_
#define SHOAL_CLIENT_HLS_MEDIA_PLAYLIST_PARSER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/hls/attribute_list.h"
#include "client/hls/line_reader.h"
#include "client/hls/media_playlist.h"
#include "client/hls/sub_range.h"

namespace shoal::hls {

// One use: feed every line in order, then Finish.
// Ownership: borrows `limits` and `sources`. Threads: not thread-safe.
class MediaPlaylistParser {
 public:
  MediaPlaylistParser(const ParseLimits& limits, const VariableSources& sources)
      : limits_(limits), scope_(sources, limits) {}

  // Errors do not say which line; the caller knows it.
  absl::Status TakeTag(const Tag& tag);
  absl::Status TakeUri(absl::string_view line);
  absl::StatusOr<MediaPlaylist> Finish() &&;

 private:
  // Handlers get the value of their tag; those of attribute lists get it parsed.
  using ValueHandler = absl::Status (MediaPlaylistParser::*)(absl::string_view);
  using ListHandler = absl::Status (MediaPlaylistParser::*)(const AttributeList&);
  static ValueHandler FindValueHandler(absl::string_view tag);
  static ListHandler FindListHandler(absl::string_view tag);

  // Tags of the whole playlist.
  absl::Status TakeVersion(absl::string_view value);
  absl::Status TakeTargetDuration(absl::string_view value);
  absl::Status TakeMediaSequence(absl::string_view value);
  absl::Status TakeDiscontinuitySequence(absl::string_view value);
  absl::Status TakePlaylistType(absl::string_view value);
  absl::Status TakeEndList(absl::string_view value);
  absl::Status TakeIFramesOnly(absl::string_view value);
  absl::Status TakeIndependentSegments(absl::string_view value);
  absl::Status TakeDefine(const AttributeList& attributes);
  absl::Status TakeStart(const AttributeList& attributes);

  // Tags of the next segment, or of all from there on.
  absl::Status TakeExtInf(absl::string_view value);
  absl::Status TakeByteRange(absl::string_view value);
  absl::Status TakeDiscontinuity(absl::string_view value);
  absl::Status TakeGap(absl::string_view value);
  absl::Status TakeProgramDateTime(absl::string_view value);
  absl::Status TakeKey(const AttributeList& attributes);
  absl::Status TakeMap(const AttributeList& attributes);

  // Low latency.
  absl::Status TakeSkip(const AttributeList& attributes);
  absl::Status TakePart(const AttributeList& attributes);
  absl::Status TakePartInf(const AttributeList& attributes);
  absl::Status TakePreloadHint(const AttributeList& attributes);
  absl::Status TakeServerControl(const AttributeList& attributes);

  // Refuses a second tag of this name, and more of `count` than the limit.
  absl::Status Once(absl::string_view tag);
  absl::Status CheckCount(std::size_t count, absl::string_view what) const;
  absl::Status CheckUri(absl::string_view uri) const;
  absl::StatusOr<std::uint64_t> Sequence(absl::string_view value) const;
  std::uint64_t NextSequence() const;
  // The set of the keys now in force, made when first used.
  std::optional<std::size_t> KeySetInForce();

  const ParseLimits& limits_;
  VariableScope scope_;
  MediaPlaylist playlist_;
  absl::btree_set<std::string> seen_once_;

  // For the next segment.
  Segment next_;
  bool next_has_duration_ = false;
  std::optional<SubRange> next_sub_range_;

  // From here on.
  std::vector<std::size_t> keys_in_force_;  // indices into playlist_.keys
  std::optional<std::size_t> key_set_;      // of keys_in_force_, once it is in playlist_.key_sets
  std::optional<std::size_t> init_section_;
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_MEDIA_PLAYLIST_PARSER_H_
