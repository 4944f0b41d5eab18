// Headers with which a web page from elsewhere may read what the proxy serves (the Fetch standard's
// CORS protocol). For media only, never for the pages under "/-/".
//
// Any page may read, without credentials: cookies that a browser keeps for this address are the
// player's own and no business of another page's scripts. Threads: any.
#ifndef SHOAL_CLIENT_PROXY_CORS_H_
#define SHOAL_CLIENT_PROXY_CORS_H_

#include "client/proxy/headers.h"
#include "client/proxy/request.h"

namespace shoal::proxy {

// Replaces whatever `headers` says on the matter (an origin's words are about the origin) by: any
// page, with the headers that players look at exposed, and timing (players estimate bandwidth from
// it).
void SetCorsHeaders(Headers* headers);

// The headers of the 204 that answers an OPTIONS request, be it a preflight or not: methods, the
// request headers asked for, the permission to reach a private network that browsers ask for when
// the page is from the internet and the proxy on the page reader's machine.
Headers OptionsHeaders(const Request& request);

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_CORS_H_
