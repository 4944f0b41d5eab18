// Which part of the client answers which request of a player:
//
//   OPTIONS                   here
//   /-/status, /-/metrics     here, for local readers only (see proxy::IsLocalHostHeader)
//   a listed segment          SegmentService
//   an init section, a part   UnsharedService
//   a playlist                PlaylistService
//   anything else             PassThrough
//
// Threads: loop thread only. Ownership: borrows all that it is given.
#ifndef SHOAL_CLIENT_RUNTIME_REQUEST_ROUTER_H_
#define SHOAL_CLIENT_RUNTIME_REQUEST_ROUTER_H_

#include <functional>
#include <memory>
#include <string>

#include "client/proxy/handler.h"
#include "client/runtime/pass_through.h"
#include "client/runtime/playlist_service.h"
#include "client/runtime/segment_service.h"
#include "client/runtime/unshared_service.h"
#include "client/runtime/url_space.h"

namespace shoal::runtime {

class RequestRouter final : public proxy::Handler {
 public:
  struct Parts {
    UrlSpace& space;
    PlaylistService& playlists;
    SegmentService& segments;
    UnsharedService& unshared;
    PassThrough& pass_through;
    // The pages' texts, made when they are asked for.
    std::function<std::string()> status_json;
    std::function<std::string()> metrics_text;
  };
  explicit RequestRouter(Parts parts) : parts_(std::move(parts)) {}

  void OnRequest(std::shared_ptr<proxy::Exchange> exchange) override;

 private:
  void ServeOwnPage(proxy::Exchange& exchange);

  const Parts parts_;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_REQUEST_ROUTER_H_
