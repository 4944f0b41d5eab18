// Which header fields pass through a proxy, and what an answer's say about sharing it.
// Threads: any.
#ifndef SHOAL_CLIENT_RUNTIME_HTTP_HEADERS_H_
#define SHOAL_CLIENT_RUNTIME_HTTP_HEADERS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/cdn/fetch.h"
#include "client/proxy/exchange.h"
#include "client/proxy/headers.h"
#include "client/proxy/request.h"

namespace shoal::runtime {

// Whether a field is about one connection only (RFC 9110, 7.6.1), not counting those that a
// Connection field names.
bool IsHopByHop(absl::string_view name);

// The player's fields for the request upstream: without those about its connection, without Host,
// and without Cookie and Authorization if `to_origin` is false: a browser keeps one set of cookies
// for this proxy, and what it has of the origin is no business of other hosts.
cdn::Headers RequestHeadersUpstream(const proxy::Request& request, bool to_origin);

// The fields of an upstream answer for the player: without those about its connection, without
// Alt-Svc, which would lead the player past this proxy, and with CORS headers as set by
// proxy::SetCorsHeaders. Cookies are made this proxy's own: see CookieForPlayer.
proxy::Headers AnswerHeadersForPlayer(const cdn::Headers& answer);

// A Set-Cookie value that a player takes from this proxy, which has another name than the origin and
// speaks plain http: without Domain, Secure, and what is void without Secure (Partitioned, and
// SameSite=None).
std::string CookieForPlayer(absl::string_view set_cookie);

// Answers with an error that pages of any origin may read: without CORS headers hls.js takes a 404
// for a broken network. REQUIRES: no head was sent.
void RespondMediaError(proxy::Exchange& exchange, int status, absl::string_view message);

// Whether an answer may be given to other viewers (RFC 9111, 5.2.2): false with Set-Cookie, or
// Cache-Control that says private or no-store.
bool IsShareable(const cdn::Headers& answer);

// The ETag if it is a strong one, which alone identifies bytes (RFC 9110, 8.8.1); else empty.
std::string StrongEtag(const cdn::Headers& answer);

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_HTTP_HEADERS_H_
