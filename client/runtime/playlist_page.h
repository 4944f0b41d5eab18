// A playlist as players get it from this proxy. Threads: values.
#ifndef SHOAL_CLIENT_RUNTIME_PLAYLIST_PAGE_H_
#define SHOAL_CLIENT_RUNTIME_PLAYLIST_PAGE_H_

#include <memory>
#include <string>

#include "client/cdn/fetch.h"
#include "client/hls/url.h"
#include "client/hls/variables.h"
#include "client/proxy/exchange.h"
#include "client/proxy/headers.h"
#include "client/runtime/url_space.h"

namespace shoal::runtime {

// What the CDN gave.
struct PlaylistPage {
  std::string text;
  hls::Url base;           // after redirects: what relative references are relative to
  proxy::Headers headers;  // for the player
  int status = 200;
};

// The fields of the CDN's answer that still hold for the rewritten text: not its length, validators
// or digests. Content-Type is set if the CDN set none.
proxy::Headers PlaylistHeaders(const cdn::Headers& answer);

// The page of an answer whose body is a playlist; `asked` is the base if the effective URL is none.
PlaylistPage MakePage(const cdn::ResponseHead& head, std::string text, const hls::Url& asked);

// Answers the exchange with the page, its URIs rewritten to lead back to this proxy.
void AnswerWithPage(proxy::Exchange& exchange, const PlaylistPage& page, UrlSpace& space,
                    const hls::VariableMap& imports);

// Answers the exchange with an upstream answer as it is.
void AnswerAsIs(proxy::Exchange& exchange, const cdn::ResponseHead& head, const std::string& body);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_PLAYLIST_PAGE_H_
