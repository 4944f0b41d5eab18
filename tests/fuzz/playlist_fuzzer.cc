#include "tests/fuzz/playlist_fuzzer.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/hls/playlist.h"
#include "client/hls/private_address.h"
#include "client/hls/rewrite.h"
#include "client/hls/stream_ids.h"
#include "client/hls/sub_range.h"
#include "client/hls/url.h"

namespace shoal::hls {
namespace {

// Small, so that inputs of the fuzzer's size reach them.
constexpr ParseLimits kLimits{.text_bytes = 64 << 10,
                              .line_bytes = 4 << 10,
                              .uri_bytes = 1 << 10,
                              .substituted_bytes = 64 << 10,
                              .segments = 1000,
                              .variables = 16,
                              .keys_in_force = 4};

// Rewriting makes lines longer, so what comes of it is read with more room.
constexpr ParseLimits kLimitsAfterRewriting{.variables = 16, .keys_in_force = 4};

constexpr absl::string_view kBaseUrl = "https://origin/live/index.m3u8?token=a%20b&empty=";
constexpr absl::string_view kPlayerTarget = "/live/index.m3u8?token=a%20b&empty=";

const VariableMap& Imports() {
  static const VariableMap* const imports = new VariableMap{{"cdn", "https://other"}, {"dir", "x"}};
  return *imports;
}

void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// As the proxy maps: the origin by path, another host below a path of its own.
std::optional<std::string> MapAsProxy(absl::string_view url) {
  if (absl::ConsumePrefix(&url, "https://origin/")) return absl::StrCat("/", url);
  if (absl::ConsumePrefix(&url, "https://other/")) return absl::StrCat("/-/o/1/", url);
  return std::nullopt;
}

void CheckRange(const std::optional<ByteRange>& range) {
  Require(!range || (!range->empty() && range->end <= kResourceOffsetMax), "byte ranges are real");
}

void CheckUri(const std::string& uri) {
  Require(uri.size() <= kLimits.uri_bytes, "URIs are within their limit");
  static const Url* const base = new Url(*Url::Parse(kBaseUrl));
  const absl::StatusOr<Url> url = base->Resolve(uri);
  if (!url.ok()) return;
  const absl::StatusOr<Url> again = Url::Parse(url->ToString());
  Require(again.ok() && *again == *url, "a URL's normal form is a URL and normal");
  Require(!url->path().empty() && url->path().front() == '/', "paths begin with a slash");
  Require(!absl::StrContains(url->path(), "/../"), "paths have no dot segments");
  const absl::StatusOr<Url> by_target = url->WithTarget(url->Target());
  Require(by_target.ok() && *by_target == *url, "a target leads back to its URL");
  IsPrivateHost(url->host());
}

void CheckMedia(const MediaPlaylist& playlist) {
  Require(playlist.target_duration >= kTargetDurationMin &&
              playlist.target_duration <= kLimits.duration,
          "the target duration is within its limits");
  Require(playlist.segments.size() <= kLimits.segments, "segments are within their limit");
  Require(playlist.parts.size() <= kLimits.segments, "parts are within their limit");
  std::uint64_t sequence = playlist.media_sequence + playlist.skipped_segments;
  for (const Segment& segment : playlist.segments) {
    Require(segment.sequence == sequence++, "sequence numbers are consecutive");
    Require(segment.duration >= Duration{} && segment.duration <= kLimits.duration,
            "durations are within their limits");
    Require(!segment.init_section || *segment.init_section < playlist.init_sections.size(),
            "init sections are there");
    Require(!segment.key_set || *segment.key_set < playlist.key_sets.size(), "key sets are there");
    CheckRange(segment.byte_range);
    CheckUri(segment.uri);
    MakeSegmentKey(segment.uri, segment.byte_range);
  }
  for (const auto& set : playlist.key_sets) {
    Require(!set.empty() && set.size() <= kLimits.keys_in_force, "key sets are within their limit");
    for (std::size_t key : set) Require(key < playlist.keys.size(), "keys are there");
  }
  for (const InitSection& section : playlist.init_sections) CheckRange(section.byte_range);
  for (const PartialSegment& part : playlist.parts) {
    CheckRange(part.byte_range);
    CheckUri(part.uri);
  }
}

void CheckMultivariant(const MultivariantPlaylist& playlist) {
  Require(playlist.variants.size() <= kLimits.segments, "variants are within their limit");
  for (const std::string& uri : playlist.MediaPlaylistUris()) CheckUri(uri);
}

// What must be the same before and after rewriting.
std::size_t CountOf(const Playlist& playlist) {
  if (const auto* media = std::get_if<MediaPlaylist>(&playlist)) return media->segments.size();
  return std::get<MultivariantPlaylist>(playlist).variants.size();
}

void CheckRewriting(absl::string_view text, const absl::StatusOr<Playlist>& playlist,
                    const VariableSources& sources) {
  const absl::StatusOr<Url> base = Url::Parse(kBaseUrl);
  const RewriteOptions options{
      .player_target = std::string(kPlayerTarget), .imports = Imports(), .limits = kLimits};
  const UrlMapper leave = [](absl::string_view) { return std::nullopt; };
  Require(RewritePlaylist(text, *base, leave, options) == text,
          "rewriting that maps nothing changes nothing");

  const std::string rewritten = RewritePlaylist(text, *base, MapAsProxy, options);
  if (!playlist.ok()) return;
  const absl::StatusOr<Playlist> again = ParsePlaylist(rewritten, kLimitsAfterRewriting, sources);
  if (!again.ok()) std::fprintf(stderr, "%s\n", again.status().ToString().c_str());
  Require(again.ok(), "a rewritten playlist is a playlist");
  Require(again->index() == playlist->index() && CountOf(*again) == CountOf(*playlist),
          "rewriting neither adds nor drops");
}

}  // namespace

void FuzzPlaylist(absl::string_view text) {
  const VariableSources sources{.playlist_url = std::string(kBaseUrl), .imports = Imports()};
  const absl::StatusOr<Playlist> playlist = ParsePlaylist(text, kLimits, sources);
  if (!playlist.ok()) {
    Require(ReasonOf(playlist.status()).has_value(), "errors have reasons");
    Require(!playlist.status().message().empty(), "errors have messages");
  } else {
    Require(IsPlaylist(text), "what parses is known for a playlist");
    if (const auto* media = std::get_if<MediaPlaylist>(&*playlist)) CheckMedia(*media);
    if (const auto* all = std::get_if<MultivariantPlaylist>(&*playlist)) CheckMultivariant(*all);
  }
  CheckRewriting(text, playlist, sources);
}

}  // namespace shoal::hls

// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  shoal::hls::FuzzPlaylist({reinterpret_cast<const char*>(data), size});
  return 0;
}
