// The links of one stream: whom to dial, whom to accept, who is still there.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_MESH_H_
#define SHOAL_CLIENT_CORE_MESH_H_

#include <optional>
#include <vector>

#include "client/core/stream_state.h"
#include "client/core/teller.h"

namespace shoal::core {

class Mesh {
 public:
  // A link on which nothing was sent for so long gets an empty Progress.
  static constexpr Duration kAliveEvery = Seconds(1);
  // A link on which nothing was heard for so long is dead.
  static constexpr Duration kDeadAfter = Seconds(4);
  static constexpr std::size_t kDialsMax = 8;  // under way at once
  // Whoever uploads more than the members' mean strives for more links than config.links, so much more
  // at most: a strong uplink with few links stands idle while others lack its bytes.
  static constexpr double kStrongMax = 3;
  // Accepted at most, of the links that one strives for: there must be room for newcomers.
  static constexpr double kAcceptedMax = 2;

  Mesh(StreamState& state, Teller& teller) : s_(state), teller_(teller) {}

  // Takes a new link in, or refuses it. Returns the link it replaces, if any: the caller closes
  // that, for the reason given. nullptr as `link`: refused and closed.
  struct Admission {
    Link* link = nullptr;
    std::optional<LinkId> replaced;
    ByeReason why = ByeReason::kDuplicate;
  };
  Admission Admit(const LinkOpened& opened);
  // Removes a link from the books. `gone`: the peer left the swarm.
  void Remove(LinkId link, bool gone);

  // Dials, if links are lacking.
  void Look();

  // When Keep is to be called next; TimePoint::max(): no links.
  TimePoint keep_at() const { return keep_at_; }
  // Keeps links alive, and finds the dead, for the caller to close.
  std::vector<LinkId> Keep();

 private:
  // How many links this client strives for: config.links, times own upload ÷ the members' mean,
  // within 1 and kStrongMax.
  double LinksWanted() const;
  // Whom to part with for the sake of a peer of a higher upload class: the weakest of those that
  // dialled. Whom this client chose itself it keeps, lest boasters surround it. nullptr: nobody.
  const Link* WeakerThan(const Member& peer) const;
  // Links came or went.
  void LinksChanged();

  StreamState& s_;
  Teller& teller_;
  TimePoint keep_at_ = TimePoint::max();
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_MESH_H_
