// Opens streams to peers. Streams to one endpoint share a channel, and so a TCP connection; it goes
// with the last of them.
//
// Channels use no HTTP proxy, look up no service config, retry nothing, and are plaintext.
//
// Threads: loop thread only. Ownership: borrows `quota`.
#ifndef SHOAL_CLIENT_PEER_LINK_DIALER_H_
#define SHOAL_CLIENT_PEER_LINK_DIALER_H_

#include <grpcpp/channel.h>
#include <grpcpp/resource_quota.h>

#include <map>
#include <memory>

#include "client/peer/link_stream.h"
#include "common/base/endpoint.h"

namespace shoal::peer {

class LinkDialer {
 public:
  explicit LinkDialer(const grpc::ResourceQuota& quota) : quota_(quota) {}

  // Starts `stream`, which is of the side that dialled, towards `endpoint`. If nobody answers there
  // the stream ends with a status that says so; nothing here waits or gives up by itself.
  // REQUIRES: an address of 4 or 16 bytes.
  void Dial(const Endpoint& endpoint, std::shared_ptr<LinkStream> stream);

  // Channels in use.
  std::size_t channels();

 private:
  std::shared_ptr<grpc::Channel> ChannelTo(const Endpoint& endpoint);
  void ForgetClosed();

  const grpc::ResourceQuota& quota_;
  std::map<Endpoint, std::weak_ptr<grpc::Channel>> channels_;
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_DIALER_H_
