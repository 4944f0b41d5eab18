// What the link transport tells its user. Threads: loop thread only.
//
// No function is called from within a call made to LinkTransport. All may call the transport, but
// must not destroy it.
#ifndef SHOAL_CLIENT_PEER_LINK_LISTENER_H_
#define SHOAL_CLIENT_PEER_LINK_LISTENER_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "client/core/messages.h"
#include "client/core/types.h"
#include "common/base/ids.h"
#include "common/base/member.h"

namespace shoal::peer {

// What this client's Hello says.
struct LocalHello {
  SwarmId swarm;
  PeerId self;
  UploadClass upload_class = kUploadUnknown;
  std::uint16_t port = 0;  // on which it accepts links; 0: it does not
};

class LinkListener {
 public:
  virtual ~LinkListener() = default;

  // A peer opened a link for `swarm`. The answer is this client's Hello; nullopt says that it is
  // not in that swarm, and the peer gets Bye with kUnknownSwarm. `peer` is as in OnLinkOpened.
  virtual std::optional<LocalHello> OnInboundHello(const SwarmId& swarm, const Member& peer) = 0;

  // Hello was exchanged; messages may be sent from now on. `peer` holds what Hello and the
  // connection say: for a link that was dialled its endpoint is the one dialled; else it has the
  // address of the connection (IPv4-mapped ones as IPv4) and the port of Hello, and can be dialled
  // if that port is not 0.
  virtual void OnLinkOpened(core::LinkId link, const SwarmId& swarm, const Member& peer,
                            bool dialled) = 0;

  // A message that kept every limit of the wire format. `payload` is empty but for Data, which has
  // `size` bytes of it, valid during the call.
  virtual void OnMessage(core::LinkId link, const core::LinkMessage& message,
                         absl::string_view payload) = 0;

  // An open link ended, by the peer (what its Bye said), because the peer broke the protocol
  // (kMisbehaved) or because the connection did (kUnspecified). `detail` is for a log. Last call
  // for this link; not made after LinkTransport::Close.
  virtual void OnLinkClosed(core::LinkId link, core::ByeReason reason,
                            absl::string_view detail) = 0;

  // A dial ended before its link opened; reasons as above, kFull also if the peer's machine has as
  // many links as it accepts. Last call for this link; not made after LinkTransport::Close.
  virtual void OnDialFailed(core::LinkId link, core::ByeReason reason,
                            absl::string_view detail) = 0;
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_LISTENER_H_
