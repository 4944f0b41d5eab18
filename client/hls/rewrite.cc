#include "client/hls/rewrite.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/hls/attribute_list.h"
#include "client/hls/line_reader.h"
#include "client/hls/text.h"

namespace shoal::hls {
namespace {

bool IsUriAttribute(const Attribute& attribute) {
  return attribute.quoted && (attribute.name == "URI" || absl::EndsWith(attribute.name, "-URI") ||
                              attribute.name == "X-ASSET-LIST");
}

// Whether `uri` can stand alone on a line and within quotes, and no player reads variables in it.
bool CanStandInPlaylist(absl::string_view uri) {
  return !uri.empty() && uri.front() != '#' && TrimBlanks(uri) == uri &&
         FindControlCharacter(uri) == absl::string_view::npos &&
         uri.find_first_of("\"\r\n") == absl::string_view::npos &&
         uri.find("{$") == absl::string_view::npos;
}

// Stands for this client as the player sees it. No playlist has business to name it, so an absolute
// reference never seems to lead to where a relative one does.
constexpr absl::string_view kPlayerOrigin = "http://player.invalid";

class Rewriter {
 public:
  Rewriter(const Url& base_url, const UrlMapper& mapper, const RewriteOptions& options)
      : base_url_(base_url),
        mapper_(mapper),
        limits_(options.limits),
        sources_{.playlist_url = base_url.ToString(), .imports = options.imports},
        scope_(sources_, limits_),
        player_url_(Url::Parse(absl::StrCat(kPlayerOrigin, options.player_target))),
        knows_player_(player_url_.ok() && absl::StartsWith(options.player_target, "/")) {}

  std::string Rewrite(absl::string_view text) {
    out_.reserve(text.size());
    LineReader lines(text);
    while (const std::optional<Line> line = lines.Next()) {
      RewriteLine(line->text);
      absl::StrAppend(&out_, line->ending);
    }
    return std::move(out_);
  }

 private:
  void RewriteLine(absl::string_view line) {
    const LineKind kind = KindOf(line);
    if (line.size() > limits_.line_bytes) {
      absl::StrAppend(&out_, line);
    } else if (kind == LineKind::kUri) {
      absl::StrAppend(&out_, AppendWithReplaced(line, TrimBlanks(line)));
    } else if (kind == LineKind::kTag) {
      RewriteTag(line, SplitTag(line));
    } else {
      absl::StrAppend(&out_, line);
    }
  }

  void RewriteTag(absl::string_view line, const Tag& tag) {
    const absl::StatusOr<AttributeList> attributes = AttributeList::Parse(tag.value);
    if (attributes.ok() && tag.name == "EXT-X-DEFINE") {
      // One that makes no sense defines nothing; whoever uses it is left as written.
      scope_.Define(*attributes).IgnoreError();
    } else if (attributes.ok()) {
      for (const Attribute& attribute : attributes->attributes()) {
        if (!IsUriAttribute(attribute)) continue;
        line = AppendWithReplaced(line, attribute.value);
      }
    }
    absl::StrAppend(&out_, line);
  }

  // Appends `line` up to the end of `reference`, which lies in it, replaced if need be; returns the
  // rest of the line.
  absl::string_view AppendWithReplaced(absl::string_view line, absl::string_view reference) {
    const auto begin = static_cast<std::size_t>(reference.data() - line.data());
    absl::StrAppend(&out_, line.substr(0, begin),
                    Replacement(reference).value_or(std::string(reference)));
    return line.substr(begin + reference.size());
  }

  // What shall stand in the place of `reference`; nullopt: what stands there.
  std::optional<std::string> Replacement(absl::string_view reference) {
    const absl::StatusOr<std::string> substituted = scope_.Substitute(reference);
    if (!substituted.ok() || substituted->size() > limits_.uri_bytes) return std::nullopt;
    if (resolved_bytes_ > kResolvedBytesMax) return std::nullopt;
    const absl::StatusOr<Url> url = base_url_.Resolve(*substituted);
    if (!url.ok()) return std::nullopt;
    const std::string absolute_url = url->ToString();
    resolved_bytes_ += absolute_url.size();

    std::optional<std::string> mapped = mapper_(absolute_url);
    if (!mapped) return std::nullopt;
    // A path that begins with "//" would be read as a host.
    if (absl::StartsWith(*mapped, "//")) mapped->insert(0, "/.");
    if (MeansTheSameToPlayer(*substituted, *mapped)) mapped = *substituted;
    if (*mapped == reference || !CanStandInPlaylist(*mapped)) return std::nullopt;
    if (mapped->size() > reference.size()) {
      const std::size_t growth = mapped->size() - reference.size();
      if (growth > kRewriteGrowthBytesMax - grown_bytes_) return std::nullopt;
      grown_bytes_ += growth;
    }
    return mapped;
  }

  // Whether the player comes to `mapped` by `reference` as well.
  bool MeansTheSameToPlayer(absl::string_view reference, absl::string_view mapped) const {
    if (!knows_player_) return false;
    const absl::StatusOr<Url> seen = player_url_->Resolve(reference);
    const absl::StatusOr<Url> wanted = player_url_->Resolve(mapped);
    return seen.ok() && wanted.ok() && *seen == *wanted;
  }

  const Url& base_url_;
  const UrlMapper& mapper_;
  const ParseLimits& limits_;
  const VariableSources sources_;
  VariableScope scope_;
  const absl::StatusOr<Url> player_url_;  // where the player believes the playlist to be
  const bool knows_player_;
  std::string out_;
  std::size_t resolved_bytes_ = 0;
  std::size_t grown_bytes_ = 0;
};

}  // namespace

std::string RewritePlaylist(absl::string_view text, const Url& base_url, const UrlMapper& mapper,
                            const RewriteOptions& options) {
  return Rewriter(base_url, mapper, options).Rewrite(text);
}

}  // namespace shoal::hls
