#include "client/runtime/request_router.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "client/proxy/cors.h"
#include "client/proxy/host_header.h"
#include "client/runtime/http_headers.h"
#include "client/runtime/metrics.h"

namespace shoal::runtime {

void RequestRouter::OnRequest(std::shared_ptr<proxy::Exchange> exchange) {
  const proxy::Request& request = exchange->request();
  if (absl::StartsWith(request.path(), kOwnPrefix) &&
      !absl::StartsWith(request.path(), kOtherHostPrefix)) {
    return ServeOwnPage(*exchange);
  }
  if (request.method() == proxy::Method::kOptions) {
    return exchange->Respond(204, "", "", proxy::OptionsHeaders(request));
  }
  const absl::StatusOr<hls::Url> url = parts_.space.UpstreamOf(request.target());
  if (!url.ok()) {
    return RespondMediaError(*exchange, absl::IsNotFound(url.status()) ? 404 : 400,
                             url.status().message());
  }
  if (parts_.segments.Serve(exchange, *url)) return;
  if (parts_.unshared.Serve(exchange, *url)) return;
  if (parts_.playlists.Expects(*url)) return parts_.playlists.Serve(std::move(exchange), *url);
  parts_.pass_through.Start(std::move(exchange), *url, nullptr);
}

void RequestRouter::ServeOwnPage(proxy::Exchange& exchange) {
  const proxy::Request& request = exchange.request();
  if (!proxy::IsLocalHostHeader(request.host(), request.listening_host())) {
    return exchange.RespondError(403, "Ask for this page by an address, or as localhost.");
  }
  if (request.method() == proxy::Method::kOptions) {
    return exchange.Respond(204, "", "", {{"Allow", "GET, HEAD"}});
  }
  const proxy::Headers headers{{"Cache-Control", "no-store"},
                               {"X-Content-Type-Options", "nosniff"}};
  if (request.path() == "/-/status") {
    return exchange.Respond(200, "application/json", parts_.status_json(), headers);
  }
  if (request.path() == "/-/metrics") {
    return exchange.Respond(200, kMetricsContentType, parts_.metrics_text(), headers);
  }
  exchange.RespondError(404, "There is /-/status and /-/metrics.");
}

}  // namespace shoal::runtime
