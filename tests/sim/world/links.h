// The links between clients, as client/peer makes them: dial, Hello, messages, Bye.
//
// Dialling takes two round trips until Hello is sent (TCP, then HTTP/2's settings) and one more for
// the Hellos; without answer it fails after 2 s. A client that has left refuses; one that vanished,
// and one that nobody reaches, say nothing.
//
// What is sent goes to the kernel, up to `socket_buffer` bytes of a link that have not arrived yet,
// and from there in order through the sender's line: nothing recalls or overtakes it. What the
// kernel does not take waits, and there control goes before Data. (gRPC's own buffers, some 64 KB
// more, are taken for part of the kernel's.) More than 1 MiB waiting, upon which client/peer ends a
// link, is told as an overflow and thrown away.
//
// A link has two ends, each with an id that its client knows it by. Here ends are named by a number:
// twice the link's, plus one for the end that was dialled.
//
// Ownership: borrows all that is handed in. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_LINKS_H_
#define SHOAL_TESTS_SIM_WORLD_LINKS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "client/core/messages.h"
#include "client/core/types.h"
#include "common/base/upload_class.h"
#include "common/time/time.h"
#include "tests/sim/world/agenda.h"
#include "tests/sim/world/message_size.h"
#include "tests/sim/world/network_model.h"
#include "tests/sim/world/parcels.h"

namespace shoal::sim {

// What clients hear of links. Calls come from Links::Handle only.
class LinkListener {
 public:
  virtual ~LinkListener() = default;
  // Whether the viewer's client follows the rendition now; it is then told of the open link next.
  virtual bool OnHello(std::uint32_t viewer, std::uint32_t rendition) = 0;
  virtual void OnLinkOpened(std::uint32_t viewer, core::LinkId link, std::uint32_t rendition,
                            std::uint32_t peer, UploadClass peer_class, bool dialled) = 0;
  virtual void OnDialFailed(std::uint32_t viewer, std::uint32_t rendition, std::uint32_t peer,
                            core::ByeReason reason) = 0;
  virtual void OnLinkMessage(std::uint32_t viewer, core::LinkId link,
                             core::LinkMessage&& message) = 0;
  virtual void OnLinkClosed(std::uint32_t viewer, core::LinkId link, core::ByeReason reason) = 0;
  // What the viewer's Hello says.
  virtual UploadClass ClassOf(std::uint32_t viewer) const = 0;
  // A message of `viewer` went to the kernel; for the accounts.
  virtual void OnSent(std::uint32_t viewer, const WireSize& size, std::uint32_t payload) = 0;
  // More waited for a peer than may.
  virtual void OnOverflow(std::uint32_t viewer, std::uint64_t bytes) = 0;
};

// How a viewer's machine answers those that dial.
enum class Presence : std::uint8_t { kAccepts, kRefuses, kSilent };

class Links {
 public:
  static constexpr Duration kDialLimit = Seconds(2);
  static constexpr std::uint32_t kQueuedMax = 1u << 20;  // bytes behind the kernel, each link
  static constexpr std::uint16_t kPort = 7000;           // on which all listen

  Links(Agenda& agenda, NetworkModel& network, LinkListener& listener, std::uint32_t socket_buffer);

  // The next viewer, counted from 0; it accepts.
  void AddViewer();
  // From now on.
  void SetPresence(std::uint32_t viewer, Presence presence);
  // Its machine is gone, its ends of links with it, and nobody is told.
  void Vanish(std::uint32_t viewer);

  void Dial(std::uint32_t from, std::uint32_t to, std::uint32_t rendition);
  // Calls for links that have ended are ignored.
  void Send(core::LinkId link, core::LinkMessage&& message);
  void SendData(core::LinkId link, const core::Data& data);
  void Close(core::LinkId link, core::ByeReason reason);

  // kConnected to kDataIn.
  void Handle(const Agenda::Entry& entry);

  std::size_t open() const { return links_.size() - free_.size(); }

 private:
  enum class State : std::uint8_t { kNone, kHandshake, kOpen, kClosed };

  // What the kernel has not taken; hardly ever there.
  struct Backlog {
    std::deque<std::uint32_t> control;  // parcels
    std::deque<core::Data> data;
    std::uint64_t bytes = 0;
  };
  struct End {
    core::LinkId id = 0;
    std::uint32_t viewer = 0;
    State state = State::kNone;
    std::uint32_t in_kernel = 0;  // bytes sent that have not arrived
    TimePoint last_arrival{};     // of what was sent, at the other end
    std::unique_ptr<Backlog> backlog;
  };
  struct Link {
    End ends[2];
    std::uint32_t rendition = 0;
    std::uint32_t entries = 0;  // in the agenda, of this link
    bool in_use = false;
  };

  End& EndOf(std::uint32_t end) { return links_[end / 2].ends[end % 2]; }
  // The end with this id, if it is open.
  std::optional<std::uint32_t> FindOpen(core::LinkId id);
  core::LinkId NewId(std::uint32_t end);

  void Schedule(std::uint32_t link, TimePoint at, Happening what, std::uint32_t a,
                std::uint32_t b = 0, std::uint64_t c = 0);
  void FreeIfOver(std::uint32_t link);

  bool Fits(const End& end, std::uint32_t bytes) const;
  void QueueParcel(std::uint32_t end, std::uint32_t parcel);
  void ToKernel(std::uint32_t end, std::uint32_t parcel);
  void ToKernel(std::uint32_t end, const core::Data& data);
  TimePoint Transmit(std::uint32_t end, std::uint32_t bytes);
  void Drain(std::uint32_t end);
  void CheckQueue(std::uint32_t end);
  void DropBacklog(End& end);

  void Connected(std::uint32_t link);
  void Fail(std::uint32_t link, core::ByeReason reason);
  void Arrive(const Agenda::Entry& entry);
  void Deliver(std::uint32_t end, Parcel& parcel);
  void HelloArrived(std::uint32_t end, UploadClass upload_class);
  // The connection is not, or no longer, wanted: the other end hears that it ended.
  void Reset(std::uint32_t end);
  void ByeArrived(std::uint32_t end, core::ByeReason reason);

  // Constant after construction.
  Agenda& agenda_;
  NetworkModel& network_;
  LinkListener& listener_;
  const std::uint32_t socket_buffer_;

  std::uint64_t serial_ = 0;
  std::vector<Presence> presence_;
  std::vector<bool> vanished_;
  std::vector<std::vector<std::uint32_t>> ends_of_;  // of each viewer, those not closed
  std::vector<Link> links_;
  std::vector<std::uint32_t> free_;
  Parcels parcels_;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_LINKS_H_
