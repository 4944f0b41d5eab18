#include "client/runtime/playlist_page.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/hls/rewrite.h"
#include "client/runtime/http_headers.h"

namespace shoal::runtime {
namespace {

// About the bytes or the version of the text before it was rewritten.
constexpr absl::string_view kOfTheOriginalText[] = {
    "Content-Length", "Content-Encoding", "Content-MD5",   "Content-Range", "Digest",
    "Content-Digest", "Repr-Digest",      "Accept-Ranges", "ETag",          "Last-Modified"};

void Send(proxy::Exchange& exchange, int status, const proxy::Headers& headers, std::string body) {
  const absl::Status sent = exchange.SendHead(status, headers, body.size());
  if (!sent.ok()) {
    RespondMediaError(exchange, 502, sent.message());
    return;
  }
  exchange.Write(std::move(body));
  exchange.Finish();
}

}  // namespace

proxy::Headers PlaylistHeaders(const cdn::Headers& answer) {
  proxy::Headers headers = AnswerHeadersForPlayer(answer);
  for (absl::string_view name : kOfTheOriginalText) headers.Remove(name);
  if (!headers.Has("Content-Type")) headers.Set("Content-Type", "application/vnd.apple.mpegurl");
  return headers;
}

PlaylistPage MakePage(const cdn::ResponseHead& head, std::string text, const hls::Url& asked) {
  const absl::StatusOr<hls::Url> effective = hls::Url::Parse(head.effective_url);
  return {.text = std::move(text),
          .base = effective.ok() ? *effective : asked,
          .headers = PlaylistHeaders(head.headers)};
}

void AnswerWithPage(proxy::Exchange& exchange, const PlaylistPage& page, UrlSpace& space,
                    const hls::VariableMap& imports) {
  const auto mapper = [&space](absl::string_view text) -> std::optional<std::string> {
    const absl::StatusOr<hls::Url> url = hls::Url::Parse(text);
    if (!url.ok()) return std::nullopt;
    return space.TargetOf(*url);
  };
  hls::RewriteOptions options{.player_target = exchange.request().target(), .imports = imports};
  Send(exchange, page.status, page.headers,
       hls::RewritePlaylist(page.text, page.base, mapper, options));
}

void AnswerAsIs(proxy::Exchange& exchange, const cdn::ResponseHead& head, const std::string& body) {
  proxy::Headers headers = AnswerHeadersForPlayer(head.headers);
  Send(exchange, head.status, headers, body);
}

}  // namespace shoal::runtime
