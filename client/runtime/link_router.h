// Between links and the core: the transport knows swarms by their ids, the core by streams.
//
// Threads: loop thread only. Ownership: borrows all that it is given.
#ifndef SHOAL_CLIENT_RUNTIME_LINK_ROUTER_H_
#define SHOAL_CLIENT_RUNTIME_LINK_ROUTER_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "client/cache/segment_cache.h"
#include "client/core/actions.h"
#include "client/peer/link_transport.h"
#include "client/runtime/event_sink.h"
#include "client/runtime/stream_registry.h"

namespace shoal::runtime {

class LinkRouter final : public peer::LinkListener {
 public:
  struct Parts {
    StreamRegistry& registry;
    const cache::SegmentCache& cache;
    EventSink& sink;
    PeerId self;
    // What Hello says of this client's upload at that moment.
    std::function<UploadClass()> upload_class;
  };
  explicit LinkRouter(const Parts& parts);

  // Must be called before the first link. `port`: on which links are accepted.
  void Use(peer::LinkTransport* transport, std::uint16_t port);

  // The core's actions of these names. Without a transport dials fail and the rest does nothing.
  void Dial(const core::Dial& dial);
  void CloseLink(const core::CloseLink& close);
  void SendMessage(const core::SendMessage& send);
  void SendData(const core::SendData& send);
  // The stream is left; its dials and links mean nothing to the core any more.
  void CloseStream(core::StreamId stream);

  std::optional<peer::LocalHello> OnInboundHello(const SwarmId& swarm, const Member& peer) override;
  void OnLinkOpened(core::LinkId link, const SwarmId& swarm, const Member& peer,
                    bool dialled) override;
  void OnMessage(core::LinkId link, const core::LinkMessage& message,
                 absl::string_view payload) override;
  void OnLinkClosed(core::LinkId link, core::ByeReason reason, absl::string_view detail) override;
  void OnDialFailed(core::LinkId link, core::ByeReason reason, absl::string_view detail) override;

  // Payload sent to peers of the stream so far.
  std::uint64_t BytesSent(core::StreamId stream) const;

 private:
  struct Known {
    core::StreamId stream = 0;
    PeerId peer;
    bool open = false;
  };

  peer::LocalHello HelloFor(const SwarmId& swarm) const;

  const Parts parts_;
  peer::LinkTransport* transport_ = nullptr;
  std::uint16_t port_ = 0;
  absl::flat_hash_map<core::StreamId, std::uint64_t> bytes_sent_;
  absl::flat_hash_map<core::LinkId, Known> links_;  // open, or being dialled
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_LINK_ROUTER_H_
