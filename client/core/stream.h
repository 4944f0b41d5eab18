// One media playlist that this client follows, and its swarm: ties the parts that decide for it.
//
//   players ─▶ PlayerDesk ─▶ window, deadlines ─┬▶ Handoff ─┐
//   links   ─▶ Hearing ─▶ who holds what ───────┼▶ Puller   ├▶ actions
//   tracker ─▶ MemberTable ─────────────────────┴▶ Seeder ──┘
//   CDN     ─▶ Fetches ─▶ Intake ─▶ progress ────▶ Teller ─▶ links
//
// Events only update state and, where they may change a decision, ask for a look; a look decides
// everything anew, at most every kLookEvery unless a player is concerned, and at least every
// kReviewEvery while something is waited for. What peers are told has a rhythm of its own (Teller).
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_STREAM_H_
#define SHOAL_CLIENT_CORE_STREAM_H_

#include <cstdint>
#include <optional>

#include "client/core/accounts.h"
#include "client/core/cdn_answers.h"
#include "client/core/events.h"
#include "client/core/fetches.h"
#include "client/core/handoff.h"
#include "client/core/hearing.h"
#include "client/core/intake.h"
#include "client/core/link_desk.h"
#include "client/core/mesh.h"
#include "client/core/player_desk.h"
#include "client/core/puller.h"
#include "client/core/seeder.h"
#include "client/core/shelf.h"
#include "client/core/stream_state.h"
#include "client/core/teller.h"

namespace shoal::core {

class Stream {
 public:
  static constexpr Duration kLookEvery = Milliseconds(10);
  static constexpr Duration kReviewEvery = Milliseconds(50);
  // After a stream is left its links stay this long, for a player that comes back.
  static constexpr Duration kLingers = Seconds(30);
  // A line that carries less than so many times the bit rate has nothing to spare.
  static constexpr double kSpareLine = 2;

  Stream(Context& context, StreamId id, const SwarmId& swarm);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void OnPlaylist(const PlaylistLoaded& playlist);
  void OnPlaylistFailed();
  void OnPlaylistRequested();
  void OnPlayerRequested(const PlayerRequested& requested);
  void OnPlayerServed(RequestId request);
  void OnPlayerGone(RequestId request);
  void OnCdnResponded(const CdnResponded& responded) { answers_.Responded(responded); }
  void OnCdnBytes(const CdnBytes& bytes) { answers_.Bytes(bytes); }
  void OnCdnFinished(const CdnFinished& finished) { answers_.Finished(finished); }
  void OnLinkOpened(const LinkOpened& opened) { link_desk_.Opened(opened); }
  void OnDialFailed(const DialFailed& failed) { link_desk_.DialFailed(failed); }
  void OnMessage(LinkId link, const LinkMessage& message) { link_desk_.Received(link, message); }
  void OnLinkClosed(const LinkClosed& closed) { link_desk_.Closed(closed); }
  void OnHandout(const SwarmHandout& handout);
  void OnAnnounceFailed() { state_.announced = true; }
  void OnDataSent(const SendData& sent) { accounts_.Sent(sent); }
  void OnClassChanged() { teller_.ClassChanged(); }

  // Decides, if there is reason to.
  void Look();
  std::optional<TimePoint> NextWakeup() const;

  // Leaves at once: Bye to every link, no transfers.
  void Close(ByeReason reason);
  // New links: this device slept, and everybody took it for dead.
  void Reconnect();
  // Nobody has asked for anything for so long that the stream can be closed for good.
  bool abandoned() const { return abandoned_; }

  // Frees the bytes of the segment that is least worth keeping; false if all are in use.
  bool EvictOne() { return shelf_.EvictOne(); }
  // When the segment that EvictOne would free entered the window; nullopt: none.
  std::optional<TimePoint> OldestEvictable() const { return shelf_.OldestEvictable(); }

  std::uint32_t Progress(std::uint64_t sequence, PieceIndex piece) const;
  const SwarmId& swarm() const { return state_.swarm; }
  double MeanUploadOfMembers() const { return state_.members.MeanUpload(); }
  bool active() const { return state_.active_since.has_value(); }
  bool owns(RequestId request) const;
  StreamFigures Figures() const;

 private:
  void Activate();
  void Decide();
  void Settle(Segment& segment);
  void PollIfDue();
  void MeasureLine();
  void LeaveIfDue();

  StreamState state_;
  Teller teller_;
  Mesh mesh_;
  Hearing hearing_;
  Intake intake_;
  Fetches fetches_;
  Puller puller_;
  PlayerDesk desk_;
  Handoff handoff_;
  Seeder seeder_;
  Shelf shelf_;
  CdnAnswers answers_;
  LinkDesk link_desk_;
  Accounts accounts_;

  TimePoint looked_{};
  std::optional<TimePoint> left_since_;
  bool abandoned_ = false;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_STREAM_H_
