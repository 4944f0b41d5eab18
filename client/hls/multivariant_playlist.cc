#include "client/hls/multivariant_playlist.h"

#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "client/hls/attribute_list.h"
#include "client/hls/feed_lines.h"
#include "client/hls/line_reader.h"
#include "client/hls/parse_error.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

// Feed every line in order, then Finish; errors do not say which line.
class MultivariantPlaylistParser {
 public:
  MultivariantPlaylistParser(const ParseLimits& limits, const VariableSources& sources)
      : limits_(limits), scope_(sources, limits) {}

  absl::Status TakeTag(const Tag& tag) {
    const absl::Status status = Dispatch(tag);
    return status.ok() ? status : InContext(tag.name, status);
  }

  absl::Status TakeUri(absl::string_view line) {
    absl::StatusOr<std::string> uri = scope_.Substitute(TrimBlanks(line));
    if (!uri.ok()) return uri.status();
    if (!pending_) {
      return ParseError(kUriWithoutTag,
                        absl::StrCat("URI ", Shown(*uri), " has no EXT-X-STREAM-INF"));
    }
    pending_->uri = *std::move(uri);
    Variant variant = *std::exchange(pending_, std::nullopt);
    return AddVariant(std::move(variant));
  }

  absl::StatusOr<MultivariantPlaylist> Finish() && {
    if (pending_) return NoUri();
    playlist_.variables = scope_.variables();
    return std::move(playlist_);
  }

 private:
  absl::Status Dispatch(const Tag& tag) {
    if (tag.name == "EXT-X-VERSION") return TakeVersion(TrimBlanks(tag.value));
    if (tag.name == "EXT-X-INDEPENDENT-SEGMENTS") playlist_.independent_segments = true;
    const bool is_variant = tag.name == "EXT-X-STREAM-INF";
    const bool is_i_frames = tag.name == "EXT-X-I-FRAME-STREAM-INF";
    const bool is_rendition = tag.name == "EXT-X-MEDIA";
    const bool is_define = tag.name == "EXT-X-DEFINE";
    if (!is_variant && !is_i_frames && !is_rendition && !is_define) return absl::OkStatus();

    const absl::StatusOr<AttributeList> attributes = AttributeList::Parse(tag.value);
    if (!attributes.ok()) return attributes.status();
    if (is_variant) return TakeStreamInf(*attributes);
    if (is_i_frames) return TakeIFrameStreamInf(*attributes);
    if (is_rendition) return TakeMedia(*attributes);
    return scope_.Define(*attributes);
  }

  absl::Status TakeVersion(absl::string_view value) {
    const std::optional<std::uint64_t> version = ParseDecimalInteger(value);
    if (!version || *version == 0) {
      return ParseError(kBadVersion, absl::StrCat(Shown(value), " is not a version"));
    }
    if (std::exchange(has_version_, true)) return ParseError(kDuplicateTag, "stands twice");
    playlist_.version = *version;
    return absl::OkStatus();
  }

  absl::Status TakeStreamInf(const AttributeList& attributes) {
    if (pending_) return NoUri();
    pending_ = Describe(attributes);
    return absl::OkStatus();
  }

  absl::Status TakeIFrameStreamInf(const AttributeList& attributes) {
    absl::StatusOr<std::string> uri = attributes.RequiredQuotedString("URI", scope_);
    if (!uri.ok()) return uri.status();
    Variant variant = Describe(attributes);
    variant.uri = *std::move(uri);
    variant.i_frames_only = true;
    return AddVariant(std::move(variant));
  }

  absl::Status TakeMedia(const AttributeList& attributes) {
    auto uri = attributes.QuotedString("URI", scope_);
    if (!uri.ok()) return uri.status();
    absl::Status status = CheckUri(uri->value_or(""));
    if (status.ok()) status = CheckCount(playlist_.renditions.size(), "renditions");
    if (!status.ok()) return status;
    playlist_.renditions.push_back(Rendition{
        .type = std::string(attributes.EnumeratedString("TYPE").value_or("")),
        .group_id = IfReadable(attributes.QuotedString("GROUP-ID", scope_)).value_or(""),
        .name = IfReadable(attributes.QuotedString("NAME", scope_)).value_or(""),
        .uri = *std::move(uri),
    });
    return absl::OkStatus();
  }

  static Variant Describe(const AttributeList& attributes) {
    return {.uri = {},
            .bandwidth = IfReadable(attributes.DecimalInteger("BANDWIDTH")),
            .resolution = IfReadable(attributes.DecimalResolution("RESOLUTION"))};
  }

  absl::Status AddVariant(Variant variant) {
    absl::Status status = CheckUri(variant.uri);
    if (status.ok()) status = CheckCount(playlist_.variants.size(), "variants");
    if (status.ok()) playlist_.variants.push_back(std::move(variant));
    return status;
  }

  absl::Status CheckUri(absl::string_view uri) const {
    if (uri.size() <= limits_.uri_bytes) return absl::OkStatus();
    return ParseError(kUriTooLong, absl::StrCat("URI ", Shown(uri), " is too long"));
  }

  absl::Status CheckCount(std::size_t count, absl::string_view what) const {
    if (count < limits_.segments) return absl::OkStatus();
    return ParseError(kTooManySegments, absl::StrCat("more than ", limits_.segments, " ", what));
  }

  static absl::Status NoUri() {
    return ParseError(kVariantWithoutUri, "no URI follows an EXT-X-STREAM-INF");
  }

  const ParseLimits& limits_;
  VariableScope scope_;
  MultivariantPlaylist playlist_;
  bool has_version_ = false;
  std::optional<Variant> pending_;  // its URI is on a line to come
};

}  // namespace

std::vector<std::string> MultivariantPlaylist::MediaPlaylistUris() const {
  std::vector<std::string> uris;
  absl::btree_set<absl::string_view> seen;
  const auto add = [&](const std::string& uri) {
    if (seen.insert(uri).second) uris.push_back(uri);
  };
  for (const Variant& variant : variants) add(variant.uri);
  for (const Rendition& rendition : renditions) {
    if (rendition.uri) add(*rendition.uri);
  }
  return uris;
}

absl::StatusOr<MultivariantPlaylist> MultivariantPlaylist::Parse(absl::string_view text,
                                                                 const ParseLimits& limits,
                                                                 const VariableSources& sources) {
  MultivariantPlaylistParser parser(limits, sources);
  if (absl::Status fed = FeedLines(text, parser); !fed.ok()) return fed;
  return std::move(parser).Finish();
}

}  // namespace shoal::hls
