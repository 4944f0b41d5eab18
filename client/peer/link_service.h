// The gRPC service of links: makes a LinkStream of each call, within limits on how many.
//
// Threads: any.
#ifndef SHOAL_CLIENT_PEER_LINK_SERVICE_H_
#define SHOAL_CLIENT_PEER_LINK_SERVICE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "client/peer/link_limits.h"
#include "client/peer/link_stream.h"
#include "common/base/endpoint.h"
#include "shoal/v1/peer.grpc.pb.h"

namespace shoal::peer {

class LinkService final : public v1::Peer::WithRawCallbackMethod_Link<v1::Peer::Service> {
 public:
  // Makes the stream, not yet started, of a call from `remote` (without port: that of the
  // connection says nothing). Called on gRPC's threads.
  using StreamFactory = std::function<std::shared_ptr<LinkStream>(const Endpoint& remote)>;

  LinkService(const LinkLimits& limits, StreamFactory make_stream);

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Link(
      grpc::CallbackServerContext* context) override;

  // Calls refused by a limit.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // Gives back what one call from `address` took of the limits. For the calls alone.
  void Leave(const std::string& address) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  bool Enter(const std::string& address) ABSL_LOCKS_EXCLUDED(mu_);

  const std::size_t links_max_;
  const std::size_t links_per_address_max_;
  const StreamFactory make_stream_;
  std::atomic<std::uint64_t> refused_{0};

  absl::Mutex mu_;
  std::size_t links_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, std::size_t> links_by_address_ ABSL_GUARDED_BY(mu_);
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_SERVICE_H_
