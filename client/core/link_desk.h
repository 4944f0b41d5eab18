// What happens to the links and comes over them, entered in the books and passed on to whom it concerns.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_LINK_DESK_H_
#define SHOAL_CLIENT_CORE_LINK_DESK_H_

#include "client/core/events.h"
#include "client/core/hearing.h"
#include "client/core/mesh.h"
#include "client/core/puller.h"
#include "client/core/shelf.h"
#include "client/core/stream_state.h"

namespace shoal::core {

class LinkDesk {
 public:
  LinkDesk(StreamState& state, Mesh& mesh, Hearing& hearing, Puller& puller, Shelf& shelf)
      : s_(state), mesh_(mesh), hearing_(hearing), puller_(puller), shelf_(shelf) {}

  void Opened(const LinkOpened& opened);
  void DialFailed(const core::DialFailed& failed);
  // Messages of links that are not the stream's are ignored. Who breaks the protocol is left.
  void Received(LinkId id, const LinkMessage& message);
  void Closed(const LinkClosed& closed);

  // Says Bye, and removes the link.
  void Close(LinkId id, ByeReason reason);
  // Keeps links alive, and closes the dead.
  void Keep();

 private:
  void Misbehaved(LinkId id);
  void OnPull(Link& link, const Pull& pull);

  StreamState& s_;
  Mesh& mesh_;
  Hearing& hearing_;
  Puller& puller_;
  Shelf& shelf_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_LINK_DESK_H_
