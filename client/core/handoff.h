// The hand-off: when the player's time no longer allows waiting for peers, their downloads of the
// missing pieces stop, and exactly the missing bytes come from the CDN. Also answers the players:
// a segment asked for early is held, then sent in one burst once complete or handed off, so that
// the player's bandwidth estimate stays honest.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_HANDOFF_H_
#define SHOAL_CLIENT_CORE_HANDOFF_H_

#include <vector>

#include "client/core/fetches.h"
#include "client/core/player_desk.h"
#include "client/core/puller.h"
#include "client/core/stream_state.h"

namespace shoal::core {

class Handoff {
 public:
  // Transfers per segment at once while only the worst prospects are handed off.
  static constexpr std::size_t kAtOnce = 3;
  // After so many failures in a row of a segment that a player waits for, the player is told, once
  // its time is up.
  static constexpr std::uint32_t kFailuresMax = 3;
  // While a player waits, no failure keeps the CDN from being asked again for longer than this.
  static constexpr Duration kRetryMax = Milliseconds(400);
  // Transfers of a segment that are given up because they stand still; further ones are left to the
  // transfer layer's patience.
  static constexpr std::uint32_t kStallsMax = 3;
  // TCP sends this much before the first acknowledgement, and twice as much with each that follows
  // (RFC 6928, RFC 5681: slow start, which an idle connection begins anew).
  static constexpr double kInitialWindow = 14'600;  // bytes
  static constexpr double kRoundsMax = 3;
  // Of what is un-acknowledged on a full line, this share stands in the own uplink; the rest has
  // arrived, and its acknowledgements stand in the receivers'.
  static constexpr double kInOwnUplink = 0.5;
  // How long uploads rest at a time.
  static constexpr Duration kRest = Milliseconds(100);

  Handoff(StreamState& state, PlayerDesk& desk, Fetches& fetches, Puller& puller)
      : s_(state), desk_(desk), fetches_(fetches), puller_(puller) {}

  // Hands off what is due, answers what can be answered, and says when to look again.
  void Look();

 private:
  struct Missing {
    std::uint64_t unlikely = 0;  // bytes of waiting_ that peers will hardly bring in time
    std::uint64_t all = 0;       // bytes of waiting_
    std::size_t hopeful = 0;     // how many of it, at the end, peers are bringing in time
  };

  void LookAt(Segment& segment, TimePoint deadline, TimePoint asked);
  // Lets uploads rest while what the CDN sends would come too late beside them.
  void ProtectTransfers();
  // What a transfer of so many bytes loses to own uploads: its acknowledgements queue behind them.
  Duration LostToUploads(std::uint64_t bytes) const;
  // The time to leave for the CDN; see CdnEstimate.
  Duration LastSafe(std::uint64_t bytes) const;
  Duration Need(std::uint64_t bytes) const;
  // Fills waiting_, too.
  Missing MissingOf(const Segment& segment, TimePoint deadline);
  bool NobodyToWaitFor(const Segment& segment) const;
  // When the CDN may be asked again for what a player waits for.
  static TimePoint RetryAt(const Segment& segment);
  void Take(Segment& segment, std::vector<PieceIndex> pieces, HandoffReason reason);
  void TakeAll(Segment& segment, HandoffReason reason);
  // Looks at what one request waits for, `due` being when its player runs dry.
  void LookAt(PlayerDesk::Request& request, TimePoint due);
  void Answer(PlayerDesk::Request& request, TimePoint due);
  // Gives up transfers that stand still, where peers may bring their bytes or the time of a player
  // does not allow to wait.
  void GiveUpStalled();
  bool WorthGivingUp(const Segment& segment, const Fetches::Fetch& fetch) const;
  // Peers bring, or hold or receive, whatever is missing and not under way from the CDN, and there
  // is time until `due`.
  bool PeersMayBring(const Segment& segment, TimePoint due) const;
  // The CDN will not do, and nobody else can.
  bool Failed(const Segment& segment, TimePoint due) const;

  StreamState& s_;
  PlayerDesk& desk_;
  Fetches& fetches_;
  Puller& puller_;
  // Of the segment looked at last: pieces without a CDN transfer, worst prospects first.
  std::vector<PieceIndex> waiting_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_HANDOFF_H_
