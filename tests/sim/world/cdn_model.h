// The CDN as clients see it: ranges of segments, and playlists.
//
// A request goes through the viewer's up line, behind what the client sends its peers. The first
// byte of the answer comes `first_byte` and an exponential jitter later. The body comes through the
// viewer's down line in chunks; up to kWindow of them stand in its queue for each transfer, so that
// transfers share the line with each other and with what peers send, as TCP connections do. Each
// transfer begins with slow start (an idle connection does so anew), and its acknowledgements stand
// behind the viewer's uploads: what makes a CDN slow for whoever uploads all it can.
//
// Accounts: a body byte counts once it has entered the viewer's line, also if the transfer is
// cancelled before it arrives; that is what a CDN bills.
//
// Ownership: borrows all that is handed in. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_CDN_MODEL_H_
#define SHOAL_TESTS_SIM_WORLD_CDN_MODEL_H_

#include <cstdint>
#include <vector>

#include "client/core/events.h"
#include "client/core/types.h"
#include "common/base/byte_range.h"
#include "common/random/random.h"
#include "common/time/time.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/agenda.h"
#include "tests/sim/world/media.h"
#include "tests/sim/world/network_model.h"

namespace shoal::sim {

// Identifies a transfer to whoever asked for it.
struct TransferName {
  std::uint32_t viewer = 0;
  // The core's, or, of what the proxy relays to the player, the player's request.
  std::uint64_t id = 0;
  bool relay = false;
};

// What clients hear of their transfers. Calls come from CdnModel::Handle only.
class CdnListener {
 public:
  virtual ~CdnListener() = default;
  // `first_byte`: how long the CDN took, without what the request stood in the viewer's up line.
  virtual void OnCdnHead(const TransferName& name, std::uint64_t total_length,
                         Duration first_byte) = 0;
  virtual void OnCdnBytes(const TransferName& name, std::uint32_t size) = 0;
  // `total_length`: 0 if the answer named none.
  virtual void OnCdnFinished(const TransferName& name, core::FetchOutcome outcome, int http_status,
                             std::uint64_t total_length) = 0;
  // Body bytes were sent to the viewer.
  virtual void OnCdnSent(std::uint32_t viewer, std::uint32_t bytes) = 0;
};

class CdnModel {
 public:
  static constexpr std::uint32_t kChunk = 16 * 1024;  // bytes
  static constexpr std::uint32_t kWindow = 16;        // chunks in the viewer's line
  // TCP: un-acknowledged bytes at first, doubled with each round trip (RFC 6928, RFC 5681). The
  // acknowledgements stand behind the viewer's uploads.
  static constexpr std::uint32_t kInitialWindow = 14'600;  // bytes
  static constexpr std::uint32_t kAck = 60;                // bytes
  static constexpr std::uint32_t kRequest = 300;           // bytes, about
  static constexpr std::uint32_t kPlaylist = 1200;         // bytes, about

  CdnModel(const Scenario& scenario, Agenda& agenda, NetworkModel& network, const Media& media,
           CdnListener& listener);

  struct Ask {
    TransferName name;
    std::uint32_t rendition = 0;
    std::uint64_t sequence = 0;
    ByteRange range;  // of the segment; its end may lie beyond the segment's
  };
  void Start(const Ask& ask);
  // Nothing is told of it any more. Unknown ones are ignored.
  void Cancel(const TransferName& name);
  // Those of a viewer that is gone.
  void CancelAll(std::uint32_t viewer);

  // kPlaylist (see Agenda) comes for `viewer`, naming `followed`, when the answer has; c is 0 if it
  // failed, else the time at which the CDN made it, in microseconds, plus one.
  void AskPlaylist(std::uint32_t viewer, std::uint32_t followed);

  // kCdnHead to kCdnAck.
  void Handle(const Agenda::Entry& entry);

  // Whether nothing is in the way at `time`: no outage, no errors, no limit below this rate.
  bool Healthy(TimePoint time, double bytes_per_second) const;

  std::uint64_t requests() const { return requests_; }

 private:
  struct Transfer {
    Ask ask;
    Duration first_byte{};
    TimePoint paced{};       // before which the rate limit lets nothing out
    std::uint64_t next = 0;  // offset in the segment of the next byte to send
    std::uint64_t end = 0;
    std::uint32_t in_line = 0;  // chunks
    std::uint32_t unacked = 0;  // bytes
    std::uint32_t window = kInitialWindow;
    std::uint32_t entries = 0;  // in the agenda
    bool live = false;          // wanted
    bool pushing = false;       // a kCdnPush is due
  };

  bool Down(TimePoint time) const;
  Duration FirstByte();
  void Head(std::uint32_t slot);
  void Push(std::uint32_t slot);
  void Chunk(std::uint32_t slot, std::uint32_t bytes);
  void Acked(std::uint32_t slot, std::uint32_t bytes);
  void Finish(std::uint32_t slot, core::FetchOutcome outcome, int http_status,
              std::uint64_t total_length);
  void FreeIfOver(std::uint32_t slot);

  // Constant after construction.
  const Cdn config_;
  const std::vector<Outage> outages_;
  Agenda& agenda_;
  NetworkModel& network_;
  const Media& media_;
  CdnListener& listener_;

  Random random_;
  std::uint64_t requests_ = 0;
  std::vector<Transfer> transfers_;
  std::vector<std::uint32_t> free_;
  std::vector<std::vector<std::uint32_t>> live_of_;  // slots of each viewer
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_CDN_MODEL_H_
